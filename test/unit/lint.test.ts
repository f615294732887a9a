/** Rules of our own find what they are for, and nothing else. */
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { ESLint } from 'eslint'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

const OWN = new Set(['no-restricted-syntax', 'sql/quoted-by-hand'])

/** The rules of our own that a text breaks, as if it were a file of src. */
async function broken(text: string, filePath = 'src/version.ts'): Promise<(string | null)[]> {
  const eslint = new ESLint({ cwd: ROOT })
  const [result] = await eslint.lintText(text, { filePath })
  return (result?.messages ?? []).map(({ ruleId }) => ruleId).filter((rule) => rule !== null && OWN.has(rule))
}

const HEAD = "const name = 'a'\nexport const text = "

test('a name in a statement that is put between quotes by hand is found', async (t) => {
  for (const statement of [
    '`As the master: GRANT "${name}" TO x`',
    '`GRANT x TO "${name}" WITH ADMIN TRUE`',
    '`by hand: ALTER DATABASE "${name}" ALLOW_CONNECTIONS true`',
    '`${name}: REVOKE ALL ON TABLE t FROM "${name}"`',
    '`GRANT x TO ${[name].map((role) => `"${role}"`).join()}`',
    "`SELECT oid FROM pg_roles WHERE rolname = '${name}'`",
    `'GRANT x TO "' + name`,
    '`GRANT x TO "app_${name}"`',
    '`GRANT x TO "${name}_app"`',
    '`GRANT x TO ${name} "` + name + \'"\'',
    "`COMMENT ON ROLE x IS 'made for ${name}'`",
    `'…"' + name + '" OWNER TO x'`,
    `['GRANT x TO ', '"', name, '"'].join('')`,
    `'GRANT x TO "'.concat(name, '"')`,
    '`grant x to "${name}"`',
    '`alter role "${name}" nologin`',
    "`select 1 from t where a = '${name}'`",
    '`TRUNCATE "${name}"`',
    '`CALL "${name}"()`',
    '`LOCK TABLE "${name}"`',
    '`RESET "${name}"`',
    '`EXECUTE "${name}"`',
    '`VACUUM "${name}"`',
    "`PASSWORD '${name}'`",
    "`VALID UNTIL '${name}'`",
    "`pg_terminate_backend('${name}')`",
    '`GRANT x TO \\u0022${name}\\u0022`',
    '`COMMENT ON ROLE x IS $q$${name}$q$`',
    '`COMMENT ON ROLE x IS $$${name}$$`',
  ]) {
    t.deepEqual(await broken(HEAD + statement), ['sql/quoted-by-hand'], statement)
    t.deepEqual(await broken(HEAD + statement, 'src/sql/owner.ts'), ['sql/quoted-by-hand'], statement)
  }
})

test('a bare name in a statement is found, but among the builders, which have it quoted', async (t) => {
  for (const statement of [
    '`GRANT ${name} TO x`',
    '`DROP ROLE ${name}`',
    "'REASSIGN OWNED BY ' + name",
    '`SET ROLE ${name}`',
  ]) {
    t.deepEqual(await broken(HEAD + statement), ['sql/quoted-by-hand'], statement)
    t.deepEqual(await broken(HEAD + statement, 'src/sql/owner.ts'), [], statement)
  }
})

test('a sentence that quotes a name, and a statement of the builders, are not', async (t) => {
  for (const sentence of [
    '`belongs to the stack "${name}"`',
    '`the name "${name}" is reserved`',
    '`"x" may do more than ${name} on "y", SELECT`',
    "`the owner's SELECT on ${name} is not the master's`",
    '`create the database "${name}" as its owner`',
    '`has to grant the role to "${name}"`',
    '`GRANT x TO y, for ${[name].join()} of "z"`',
    `'the stack "' + name`,
  ])
    t.deepEqual(await broken(HEAD + sentence), [], sentence)
})

test('a catalog view that anybody may lock is found, the function behind it is not', async (t) => {
  for (const statement of ['`SELECT name FROM pg_settings`', "'pg_catalog.pg_settings'", '`${name} pg_settings s`'])
    t.deepEqual(await broken(HEAD + statement), ['no-restricted-syntax'], statement)
  t.deepEqual(await broken(`${HEAD}'SELECT name FROM pg_show_all_settings()'`), [])
})
