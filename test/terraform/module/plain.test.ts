/** The invariant of plain.tf: a plain entry has no problem. So what it spares the checks changes no message. */
import test from 'ava'
import fc from 'fast-check'
import type { Value, Variables } from '../../support/terraform.ts'
import { ALL_ODD, type Answer, ask, askAtPlan, readPlain, SPARED, violations } from './checks.ts'
import { FIELDS } from './values.ts'

const GENERATED = 800

const text = (units: string, maxLength: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...Array.from(units)), maxLength })
/** Names of letters that are plain, up to a few too many of them, some behind what begins a reserved name. */
const nearName = fc
  .tuple(fc.constantFrom('', '', '', 'pg_', 'rds_', 'postgres', 'template1', 'none'), text('azAZ09_-', 66))
  .map((parts) => parts.join(''))
const nearSchema = fc.oneof(
  fc.tuple(fc.constantFrom('', '', 'i', 'p', 'pg_', 'public', 'A'), text('azq09_', 65)).map((parts) => parts.join('')),
  fc.constantFrom('information_schema', 'public'),
)
const nearLimit = fc.oneof(fc.integer({ min: -3, max: 99 }), fc.integer({ min: 0, max: 9_999_999_999 }))
const nearSetting = fc.oneof(
  fc.tuple(
    fc.constantFrom('statement_timeout', 'lock_timeout', 'Lock_timeout', 'lock_timeout2', 'role', 'a b_timeout'),
    fc.oneof(fc.integer(), fc.boolean(), text('a1 \\\u0000é"{', 3), fc.constantFrom<Value[]>([], ['a'])),
  ),
  fc.tuple(fc.constant('search_path'), text('ab$, "', 6)),
)
const choice = (words: readonly string[]): fc.Arbitrary<string> => fc.constantFrom(...words, 'Owner', words.join(''))

/** For each field values about the border between plain and odd. */
const NEAR: Readonly<Record<string, fc.Arbitrary<Value>>> = {
  database_name: nearName,
  username: nearName,
  database_of: nearName,
  login_of: nearName,
  encoding: nearName,
  locale: nearName,
  access_level: choice(['owner', 'editor', 'reader', 'none']),
  auth: choice(['password', 'iam', 'unmanaged']),
  cleanup_policy: choice(['retain', 'disable', 'release', 'delete', 'snapshot-and-delete']),
  undeclared: choice(['keep', 'report', 'revoke']),
  can_create_databases: fc.boolean(),
  can_login: fc.boolean(),
  adopt_existing: fc.boolean(),
  recreate_missing: fc.boolean(),
  connection_limit: nearLimit,
  database_connection_limit: nearLimit,
  extensions: fc.array(nearName, { maxLength: 3 }),
  schemas: fc.array(nearSchema, { maxLength: 3 }),
  settings: fc.array(nearSetting, { maxLength: 3 }).map((settings) => Object.fromEntries(settings)),
  secret_id: fc.oneof(text('aZ09/_+=.@!:- é', 8), fc.constantFrom('x'.repeat(1000), 'x'.repeat(1001))),
}

const field = fc.constantFrom(...Object.keys(FIELDS)).chain((name) => {
  const edges = fc.constantFrom(...(FIELDS[name] ?? []), null)
  return fc.tuple(fc.constant(name), fc.oneof(edges, { arbitrary: NEAR[name] ?? edges, weight: 3 }))
})
const entry = fc.uniqueArray(field, { selector: ([name]) => name, maxLength: 3 }).map((all) => Object.fromEntries(all))
/** What a key begins with: the default names are made of it. */
const key = fc.constantFrom('a', 'a', 'b-', 'rds_', 'pg_', 'postgres', 'x'.repeat(50))

/**
 * What a person might write into plain.tf by mistake, and an entry with a problem that is plain then. Some names are
 * a problem under enforce_naming only.
 */
const MISTAKES: readonly { readonly from: string; readonly to: string; readonly entry: Variables }[] = [
  { from: '\\"(?:${join("|", keys(local.fields))})\\",?', to: '\\"[a-zA-Z_]+\\",?', entry: { acces_level: 'owner' } },
  { from: 'var.enforce_naming ? [] : ', to: '', entry: { username: 'Off' } },
  { from: '(?:(?:${local.reserved_names})\\"|', to: '(?:', entry: { username: 'rdsadmin' } },
  { from: '|${local.reserved_prefixes})', to: ')', entry: { database_name: 'pg_x' } },
  {
    from: 'contains(local.reserved_usernames, entry.username)',
    to: 'false',
    entry: { username: 'platform_provisioner' },
  },
  { from: '[A-Za-z0-9_-]{1,63}', to: '[A-Za-z0-9_-]{0,63}', entry: { encoding: '' } },
  { from: '[A-Za-z0-9_-]{1,63}', to: '[A-Za-z0-9_-]{1,64}', entry: { username: 'x'.repeat(64) } },
  { from: '[A-Za-z0-9_-]{1,63}', to: '[A-Za-z0-9_ -]{1,63}', entry: { extensions: ['x '] } },
  { from: '{1,1000}', to: '{0,1000}', entry: { secret_id: '' } },
  { from: '(?:null|\\"$', to: '(?:null|[0-9]+|\\"$', entry: { secret_id: 5 } },
  { from: '(?:null|\\"$', to: '(?:null|\\"[^\\"]*\\"|\\"$', entry: { secret_id: 'a b' } },
  {
    from: '(?:,(?:${local.plain_field}))*)?\\\\}"',
    to: '(?:,(?:${local.plain_field}))*)?.*"',
    entry: { auth: 'iam', valid_until: 'x' },
  },
  {
    from: 'if field != "secret_id"',
    to: 'if field != "secret_id" && field != "connection_limit"',
    entry: { connection_limit: 'ten' },
  },
  {
    from: '"adopt_existing", "can_create_databases", ',
    to: '"adopt_existing", "can_create_databases", "valid_until", ',
    entry: { valid_until: '2030-02-30T00:00:00Z' },
  },
  {
    from: '(?:null|${local.plain_settings})',
    to: '(?:null|\\\\{.*|${local.plain_settings})',
    entry: { settings: { role: 'x' } },
  },
  { from: '\\"(?:${join("|", words)})\\"', to: '\\"[a-z-]+\\"', entry: { cleanup_policy: 'drop' } },
  { from: ':(?:true|false)"', to: ':(?:true|false|\\"yes\\")"', entry: { adopt_existing: 'yes' } },
  { from: '\\"can_login\\":true', to: '\\"can_login\\":(?:true|false)', entry: { can_login: false, auth: 'iam' } },
  { from: '[0-9]{1,9}', to: '[0-9]{1,10}', entry: { connection_limit: 2147483648 } },
  { from: '[0-9]{1,9}', to: '-?[0-9]{1,9}', entry: { connection_limit: -2 } },
  { from: '[0-9]{1,9}', to: '[0-9.]{1,9}', entry: { database_connection_limit: 1.5 } },
  { from: '(?:database_name|', to: '(?:database_name|valid_until|', entry: { valid_until: '2030-01-31' } },
  {
    from: '\\"extensions\\":\\\\[(?:${local.plain_name}',
    to: '\\"extensions\\":\\\\[(?:\\"[^\\"]*\\"',
    entry: { extensions: [''] },
  },
  { from: '[a-hj-oq-z_][a-z0-9_]{0,62}', to: '[a-hj-z_][a-z0-9_]{0,62}', entry: { schemas: ['pg_temp'] } },
  { from: '[a-hj-oq-z_][a-z0-9_]{0,62}', to: '[a-oq-z_][a-z0-9_]{0,62}', entry: { schemas: ['information_schema'] } },
  { from: '[a-hj-oq-z_][a-z0-9_]{0,62}', to: '[a-hj-oq-z_][a-z0-9_]{0,63}', entry: { schemas: ['x'.repeat(64)] } },
  { from: '[a-hj-oq-z_][a-z0-9_]{0,62}', to: '[A-Za-hj-oq-z_][a-z0-9_]{0,62}', entry: { schemas: ['Off'] } },
  { from: '[a-hj-oq-z_][a-z0-9_]{0,62}', to: '[0-9a-hj-oq-z_][a-z0-9_]{0,62}', entry: { schemas: ['1'] } },
  { from: '[a-z_]+_timeout', to: '[a-z_]+', entry: { settings: { role: 'x' } } },
  { from: '[a-z_]+_timeout', to: '[A-Za-z_]+_timeout', entry: { settings: { lock_timeout: 1, Lock_timeout: 2 } } },
  { from: '[a-z_]+_timeout', to: '[a-z_ ]+_timeout', entry: { settings: { 'a b_timeout': 1 } } },
  { from: '[^\\"\\\\\\\\]*\\"|-?[0-9]+', to: '[^\\"]*\\"|-?[0-9]+', entry: { settings: { lock_timeout: '\u0000' } } },
  { from: '|-?[0-9]+|true', to: '|\\\\[\\\\]|-?[0-9]+|true', entry: { settings: { lock_timeout: [] } } },
  { from: '(?:, ?[A-Za-z0-9_$]+)*', to: '(?:,* ?[A-Za-z0-9_$]+)*', entry: { settings: { search_path: 'a,,b' } } },
  { from: '[A-Za-z0-9_$]+(?:, ?', to: '[A-Za-z0-9_$]*(?:, ?', entry: { settings: { search_path: ',b' } } },
]

/** Every entry of the mistakes, every value of every field by itself, and what was generated. */
function declare(): Variables {
  const single = Object.entries(FIELDS).flatMap(([name, values]) => values.map((value) => ({ [name]: value })))
  const generated = fc.sample(fc.tuple(key, entry), { numRuns: GENERATED })
  return {
    ...Object.fromEntries(MISTAKES.map((mistake, at) => [`m${String(at)}`, mistake.entry])),
    ...Object.fromEntries(single.map((fields, at) => [`s${String(at)}`, fields])),
    ...Object.fromEntries(generated.map(([start, fields], at) => [`${start}${String(at)}`, fields])),
  }
}

interface Round {
  readonly variables: Variables & { readonly application_databases: Variables }
  /** With every entry odd: what the rules alone say. */
  readonly whole: Answer
}

let rounds: readonly Round[]
test.before(async () => {
  const settings: readonly Variables[] = [{}, { enforce_naming: true, environment: 'prod', admin_username: 'a' }]
  rounds = await Promise.all(
    settings.map(async (own) => {
      const least = { environment: 'dev', instance: { host: 'x' }, admin_secret_id: 'a' }
      const variables = { ...least, ...own, application_databases: declare() }
      return { variables, whole: await ask(ALL_ODD, variables) }
    }),
  )
})

/** The entries that a message is about, for a person who is to mend a pattern. */
function about({ variables }: Round, messages: readonly string[]): string[] {
  return messages.map((message) => {
    const app = message.split(':', 1)[0] ?? ''
    return `${message} ${JSON.stringify(variables.application_databases[app])}`
  })
}

test('a plain entry has no problem, and no message is lost', async (t) => {
  const plain = await readPlain()
  for (const round of rounds) {
    const answer = await ask(plain, round.variables)
    t.deepEqual(about(round, violations(answer, round.whole)), [])
    t.deepEqual(answer.problems, round.whole.problems)
  }
})

test('the entries tried are of both sorts, in each set and for each field that can be plain', async (t) => {
  const [round] = rounds
  if (round === undefined) throw new Error('nothing was tried')
  const { odd } = await ask(await readPlain(), round.variables)
  const entries = Object.entries(round.variables.application_databases)
  for (const set of Object.keys(SPARED)) {
    const count = odd[set]?.length ?? 0
    t.true(count > 20 && count < entries.length - 200, `${set}: ${String(count)} of ${String(entries.length)} are odd`)
  }
  const plain = entries.filter(([app]) => !Object.values(odd).some((apps) => apps.includes(app)))
  const seen = new Set(plain.flatMap(([, fields]) => Object.keys(fields ?? {})))
  // An end of validity is always looked at: no pattern knows the calendar; so is what names another entry. Rights of its
  // own are what few entries have.
  const never = [
    'valid_until',
    'database_of',
    'login_of',
    'acts_as',
    'member_of',
    'owns_schemas',
    'privileges',
    'acces_level',
    'Username',
  ]
  t.deepEqual(
    [...seen].sort(),
    Object.keys(FIELDS)
      .filter((name) => !never.includes(name))
      .sort(),
  )
})

/** Fields of an entry with a value that is known only after apply. */
const LATE: readonly string[] = [
  'settings = { work_mem = "${terraform_data.late.id}kB" }',
  'settings = { work_mem = terraform_data.late.id }',
  'settings = terraform_data.late.id',
  'database_name = "a${terraform_data.late.id}"',
  'username = terraform_data.late.id',
  'secret_id = terraform_data.late.id',
  'valid_until = "${terraform_data.late.id}Z"',
  'valid_until = terraform_data.late.id',
  'can_create_databases = terraform_data.late.id == "x"',
  'connection_limit = length(terraform_data.late.id)',
  'schemas = [terraform_data.late.id]',
  'extensions = terraform_data.late.id',
  'privileges = { tables = [terraform_data.late.id] }',
  'member_of = [terraform_data.late.id]',
]
const WRONG =
  '{ valid_until = "x", settings = { role = "x" }, username = "pg_x", secret_id = "a b", foo = 1, auth = 5, privileges = { table = [] }, login_of = "nosuch", database_of = "nosuch" }'

test('a value that is not known at plan puts off no list of problems that would tell with every entry odd', async (t) => {
  const plain = await readPlain()
  for (const late of LATE) {
    const applications = `{ late = { ${late} }, wrong = ${WRONG} }`
    const [told, whole] = await Promise.all([plain, ALL_ODD].map((text) => askAtPlan(text, applications)))
    const known = Object.entries(whole ?? {}).filter(([, text]) => text !== null)
    t.true(known.length > 0, late)
    for (const [list, text] of known) {
      t.true(text?.includes('wrong: '), `${list}: ${text ?? ''}`)
      t.is(told?.[list], text, `${late}: ${list}`)
    }
  }
  const settings = await askAtPlan(plain, `{ late = { ${LATE[0] ?? ''} }, wrong = ${WRONG} }`)
  t.deepEqual(
    Object.keys(settings).filter((list) => settings[list] === null),
    ['setting_problems', 'type_problems'],
  )
})

test('a pattern that lets a bad value through is found', async (t) => {
  const plain = await readPlain()
  const entries = Object.fromEntries(MISTAKES.map((mistake, at) => [`m${String(at)}`, mistake.entry]))
  for (const [at, { from, to }] of MISTAKES.entries()) {
    t.is(plain.split(from).length, 2, `${from} stands once in plain.tf`)
    const mistaken = plain.replace(from, () => to)
    const found = await Promise.all(
      rounds.map(async ({ variables, whole }) =>
        violations(await ask(mistaken, { ...variables, application_databases: entries }), whole),
      ),
    )
    t.true(
      found.flat().some((message) => message.startsWith(`m${String(at)}: `)),
      `${from} → ${to}`,
    )
  }
})
