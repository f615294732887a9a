/** `acts_as`: what a login creates belongs to the role of another entry (src/README.md: Declared memberships). */
import test from 'ava'
import { bedFor, type Outcome, type Stack, VERSIONS } from '../../support/provision.ts'

const DENIED = '42501'

function messages({ records }: Outcome, action: string): string {
  return records
    .filter((record) => record.action === action)
    .map(({ message }) => message)
    .join()
}

for (const version of VERSIONS) {
  const bed = bedFor(version)
  const on = `PostgreSQL ${version}: `

  const declare = (name: string, fields: object): Stack =>
    bed().declare({
      own: { username: `${name}_owner`, database_name: `${name}_db`, schemas: ['app'] },
      read: { username: `${name}_read`, database_name: `${name}_db`, access_level: 'reader' },
      work: { username: `${name}_work`, database_name: `${name}_db`, access_level: 'editor', ...fields },
    })
  const redeclare = (stack: Stack, changes: object): void => {
    stack.applications = { ...stack.applications, work: { ...stack.applications['work'], ...changes } }
  }
  const ownerOf = async (table: string, database: string): Promise<unknown> => {
    const rows = await bed().server.sql('SELECT tableowner FROM pg_tables WHERE tablename = $1', [table], database)
    return rows[0]?.['tableowner']
  }
  const actor = async (stack: Stack): Promise<unknown> => (await stack.sql('work', 'SELECT current_user::text'))[0]?.[0]

  test.serial(
    `${on}what it creates is the owner's and reached by readers; taken by hand it comes back; taken out, its sessions end`,
    async (t) => {
      const stack = declare('acts', { acts_as: 'own' })
      const says = 'acts_work acts as acts_owner in acts_db: what it creates belongs to acts_owner'
      t.true((await stack.plan()).some(({ message }) => message === says))
      await stack.applyOk()
      await stack.sql('work', 'CREATE TABLE app.t (x int)')
      t.is(await ownerOf('t', 'acts_db'), 'acts_owner')
      t.is(await stack.answer('read', 'SELECT * FROM app.t'), 'ok')
      t.deepEqual(await stack.plan(), [])
      await bed().server.sql('ALTER ROLE acts_work IN DATABASE acts_db RESET role')
      t.is(await actor(stack), 'acts_work')
      await stack.applyOk()
      t.is(await actor(stack), 'acts_owner')
      t.is((await stack.applyOk()).audit.run.outcome, 'no_change')

      const session = await stack.connect('work')
      session.on('error', () => undefined)
      redeclare(stack, { acts_as: null, member_of: ['own'] })
      t.regex(messages(await stack.applyOk(), 'reset'), /acts_work no longer acts as acts_owner in acts_db/)
      await t.throwsAsync(session.query('SELECT 1'))
      t.is(await actor(stack), 'acts_work')
      t.is(await stack.answer('work', 'SET ROLE acts_owner'), 'ok')
      t.deepEqual(await stack.plan(), [])
      redeclare(stack, { member_of: null })
      await stack.applyOk()
      t.is(await stack.answer('work', 'SET ROLE acts_owner'), DENIED)
      t.deepEqual(await stack.plan(), [])
    },
  )

  test.serial(`${on}it may change to another role, and its removal leaves what it created`, async (t) => {
    const stack = declare('turns', { acts_as: 'read', cleanup_policy: 'delete' })
    await stack.applyOk()
    t.is(await actor(stack), 'turns_read')
    const session = await stack.connect('work')
    session.on('error', () => undefined)
    redeclare(stack, { acts_as: 'own' })
    await stack.applyOk()
    await t.throwsAsync(session.query('SELECT 1'))
    await stack.sql('work', 'CREATE TABLE app.kept (x int)')
    t.deepEqual(await stack.plan(), [])
    await stack.destroyOk('work')
    t.deepEqual(await bed().server.sql(`SELECT FROM pg_roles WHERE rolname = 'turns_work'`), [])
    t.is(await ownerOf('kept', 'turns_db'), 'turns_owner')
  })

  test.serial(`${on}after a rename of the role a session is the login's own, and what is kept is kept`, async (t) => {
    const stack = declare('named', { undeclared: 'keep' })
    await stack.applyOk()
    await bed().server.sql(
      'GRANT named_read TO named_work; ALTER ROLE named_work IN DATABASE named_db SET role = named_read',
    )
    await stack.applyOk()
    t.is(await actor(stack), 'named_read')
    redeclare(stack, { acts_as: 'own' })
    await stack.applyOk()
    t.is(await actor(stack), 'named_owner')
    t.deepEqual(await stack.plan(), [])
    await bed().server.sql('ALTER ROLE named_owner RENAME TO named_other')
    t.is(await actor(stack), 'named_work')
    await bed().server.sql('ALTER ROLE named_other RENAME TO named_owner')
    t.is(await actor(stack), 'named_owner')
  })
}
