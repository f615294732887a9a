/** A declaration of what people made by hand: applied, it takes nothing, and gives what it said (src/README.md: What is there, as a declaration). */
import test from 'ava'
import { toHcl } from '../../../src/generate/hcl.ts'
import { entriesOf, generateOn, runFirst, unforetold } from '../../support/generate.ts'
import { makeMessy, OLD_HBA } from '../../support/messy/instance.ts'
import { lost, probe } from '../../support/messy/probe.ts'
import { bedFor, type Stack, VERSIONS } from '../../support/provision.ts'

const MASTER_SECRET = 'rds!db-master'

for (const version of VERSIONS) {
  const on = `PostgreSQL ${String(version)}: `
  const bed = bedFor(version, { hba: OLD_HBA })

  const declare = (more = {}): Stack => bed().declare({}, { stack: 'messy', master_secret_id: MASTER_SECRET, ...more })

  test.serial.before(`${on}a messy server`, async () => {
    const { user, password } = bed().server.master
    bed().aws.putSecret(MASTER_SECRET, { username: user, password })
    await makeMessy(bed().server)
  })

  test.serial(`${on}what is generated is applied, nobody loses anything, and gains were told`, async (t) => {
    const { server } = bed()
    const stack = declare()
    const before = await probe(server)
    const generated = await generateOn(bed(), stack)
    t.deepEqual(await generateOn(bed(), stack), generated, 'the same server gives the same declaration')
    t.deepEqual(lost(before, await probe(server)), [], 'looking changes nothing')
    const databases = generated.entries.flatMap(({ fields }) => fields['database_name'] ?? [])
    t.is(databases.length, 11)
    t.is(await runFirst(server, generated), 2)
    stack.applications = entriesOf(generated)
    await stack.applyOk()
    const after = await probe(server)
    t.deepEqual(lost(before, after), [])
    t.deepEqual(unforetold(lost(after, before), generated, after), [])
    t.is((await stack.applyOk()).audit.run.outcome, 'no_change')
    t.log(toHcl(generated))
  })

  test.serial(`${on}a database that lets nobody in is declared, and stays as it is`, async (t) => {
    const { server } = bed()
    for (const statement of [
      'SET SESSION AUTHORIZATION dbmaster',
      'CREATE ROLE shut_owner LOGIN',
      'GRANT shut_owner TO dbmaster',
      'CREATE DATABASE shut OWNER shut_owner CONNECTION LIMIT 0',
      'REVOKE shut_owner FROM dbmaster',
      'RESET SESSION AUTHORIZATION',
    ])
      await server.sql(statement)
    const stack = declare({ stack: 'shut' })
    const generated = await generateOn(bed(), stack, { database: 'shut' })
    t.deepEqual(entriesOf(generated), {
      shut: { database_name: 'shut', username: 'shut_owner', auth: 'unmanaged', adopt_existing: true },
    })
    t.true(generated.notes.some(({ text }) => text === 'kept in shut: CONNECTION LIMIT 0 on database shut'))
    await runFirst(server, generated)
    stack.applications = entriesOf(generated)
    await stack.applyOk()
    t.deepEqual(await server.sql(`SELECT datconnlimit FROM pg_database WHERE datname = 'shut'`), [{ datconnlimit: 0 }])
    t.is((await stack.applyOk()).audit.run.outcome, 'no_change')
  })
}
