/**
 * What is wrong is told all at once, each thing once, in text: Terraform prints all of it a second time where a run
 * fails (src/README.md: The audit).
 */
import test, { type ExecutionContext } from 'ava'
import { bedFor, type Entry, type Stack, VERSIONS } from '../../support/provision.ts'

const [version = 16] = VERSIONS.slice(-1)
const bed = bedFor(version)
const TEXT = { RDS_PROVISION_LOG: 'text', RDS_PROVISION_AUDIT_FILE: '/dev/null' }

/** Each of the texts once in all that a run prints, and no line twice. */
async function toldOnce(t: ExecutionContext, stack: Stack, code: number, texts: readonly RegExp[]): Promise<string> {
  const ended = await stack.bundle(['apply'], TEXT)
  const printed = `${ended.stdout}\n${ended.stderr}`
  t.is(ended.code, code, printed)
  for (const text of texts) t.is(printed.split(text).length - 1, 1, `${String(text)}\n${printed}`)
  const lines = printed.split('\n').filter((line) => line.startsWith('!') || line.startsWith('  ->'))
  t.deepEqual(
    lines.filter((line, at) => line.startsWith('!') && lines.indexOf(line) !== at),
    [],
  )
  return printed
}

function missing(stack: Stack, ...applications: readonly string[]): void {
  for (const application of applications) {
    stack.setPassword(application, 'x')
    bed().aws.removeSecret(stack.secretId(application))
  }
}

test.serial('missing secrets, one and several', async (t) => {
  const one = bed().declare({ once_a: {} })
  missing(one, 'once_a')
  await toldOnce(t, one, 5, [/once_a\/postgres/, /the secret does not exist/, /problems: 1/])
  const two = bed().declare({ once_b: {}, once_c: {}, once_d: {} })
  missing(two, 'once_b', 'once_c')
  await toldOnce(t, two, 5, [/once_b\/postgres/, /once_c\/postgres/, /problems: 2/])
})

test.serial('what a guardrail blocks, and what is wrong with the input', async (t) => {
  await bed().server.sql('CREATE ROLE once_taken_dev_user')
  const blocked = bed().declare({ once_taken: {}, once_set: { settings: { statement_timout: '1s' } } })
  await toldOnce(t, blocked, 4, [/the role once_taken_dev_user exists/, /statement_timout/, /problems: 2/])
  const wrong = bed().declare({ once_in: { conection_limit: 5, access_level: 'readr' } })
  await toldOnce(t, wrong, 3, [
    /once_in: conection_limit: is not a known field/,
    /Did you mean "connection_limit"\?/,
    /"readr" is not accepted/,
  ])
})

test.serial('one application that is blocked or fails, beside others that are done', async (t) => {
  const stack = bed().declare({ once_well: {}, once_ill: {} })
  await stack.applyOk()
  await bed().server.sql(`ALTER DATABASE once_ill_dev_db OWNER TO ${bed().server.admin.user}`)
  const printed = await toldOnce(t, stack, 4, [/owner mismatch: /, /problems: 1/])
  t.regex(printed, /\n1 done, 1 blocked: once_ill \(owner mismatch\)\n/)
})

test.serial('a failed login, and a server that is not there', async (t) => {
  const { host, port, caFile } = bed().server
  const variables = (more: Entry): Entry => ({ connect_timeout: 1, tls: { ca_file: caFile }, ...more })
  bed().aws.putLogin('once/wrong', bed().server.admin.user, 'wrong')
  const refused = bed().declare({ once_e: {} }, variables({ admin_secret_id: 'once/wrong' }))
  await toldOnce(t, refused, 6, [/password authentication failed/, /problems: 1/])
  const away = bed().declare({ once_f: {} }, variables({ instance: { host, port: port === 65535 ? 1 : 65535 } }))
  await toldOnce(t, away, 6, [/cannot connect to/, /problems: 1/])
})

test.serial('a warning is told once, and what is no longer declared is counted', async (t) => {
  const stack = bed().declare({ once_keep: {}, once_gone: {}, once_left: { cleanup_policy: 'delete' } })
  await stack.applyOk()
  stack.applications = { once_keep: {} }
  const printed = await toldOnce(t, stack, 0, [/once_left --claim|role once_left_dev_user is no longer declared, and/])
  t.regex(printed, /\n\. no longer declared: 1 role, 1 database \(the audit names each\)\n/)
  t.notRegex(printed, /once_gone_dev_user is no longer declared/)
  const { audit } = await stack.apply()
  const told = audit.records
    .filter(({ standing }) => standing === 'orphan')
    .map(({ object, application }) => [object, application])
  t.deepEqual(told.sort(), [
    ['database', 'once_gone'],
    ['role', 'once_gone'],
  ])
  const verbose = await stack.bundle(['apply'], { ...TEXT, RDS_PROVISION_LOG: 'verbose' })
  t.regex(verbose.stdout, /\n\. once_gone: role once_gone_dev_user is no longer declared and is retained\n/)
})

test.serial('a level that is lowered says what is lost, and a look at a name that nobody has is refused', async (t) => {
  const guest = { database_name: 'once_shop_dev_db', cleanup_policy: 'delete' }
  const stack = bed().declare({ once_shop: {}, once_cart: { ...guest, access_level: 'editor' } })
  await stack.applyOk()
  await stack.sql('once_shop', 'CREATE TABLE orders (id int)')
  await stack.applyOk()
  stack.applications = { once_shop: {}, once_cart: { ...guest, access_level: 'reader' } }
  await toldOnce(t, stack, 0, [
    /LOSES once_cart_dev_user: INSERT, UPDATE, DELETE on public\.orders in once_shop_dev_db/,
  ])
  const look = await stack.bundle(['destroy', '--application', 'once_cat', '--dry-run'], TEXT)
  t.is(look.code, 4, look.stdout)
  t.regex(look.stdout, /once_cat: destroy: nothing of .* carries Application once_cat\./)
  t.regex(look.stdout, /-> There are once_cart, once_shop\. Did you mean "once_cart"\?/)
})
