import test from 'ava'
import { difference, dump } from '../../support/catalogs.ts'
import { bedFor, VERSIONS } from '../../support/provision.ts'

for (const version of VERSIONS) {
  const bed = bedFor(version)
  const on = `PostgreSQL ${version}: `

  test.serial(`${on}a second run finds nothing to do, and the catalogs stay byte for byte the same`, async (t) => {
    const { server } = bed()
    const stack = bed().declare({ one: { extensions: ['pgcrypto'], schemas: ['public', 'mart'] }, ed: { database_name: 'one_dev_db', access_level: 'editor' } })
    const first = await stack.applyOk()
    t.is(first.audit.run.outcome, 'changed')
    const before = await dump(server)
    const mark = await server.mark()
    const second = await stack.applyOk()
    t.is(second.audit.run.outcome, 'no_change')
    t.deepEqual(await server.changesSince(mark), [])
    t.deepEqual(difference(before, await dump(server)), [])
  })
}
