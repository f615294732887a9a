/** Rules of our own find what they are for, and nothing else. */
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { ESLint } from 'eslint'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** The rules that a text breaks, as if it were a file of src. */
async function broken(text: string): Promise<(string | null)[]> {
  const eslint = new ESLint({ cwd: ROOT })
  const [result] = await eslint.lintText(text, { filePath: 'src/version.ts' })
  return (result?.messages ?? []).map(({ ruleId }) => ruleId).filter((rule) => rule === 'no-restricted-syntax')
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
  ])
    t.deepEqual(await broken(HEAD + statement), ['no-restricted-syntax'], statement)
})

test('a sentence that quotes a name, and a statement of the builders, are not', async (t) => {
  for (const sentence of [
    '`belongs to the stack "${name}"`',
    '`the name "${name}" is reserved`',
    '`GRANT ${name} TO x`',
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
