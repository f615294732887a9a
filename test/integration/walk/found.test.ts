/** What walks on the model found, tried on a real server. */
import test from 'ava'
import { bedFor, VERSIONS } from '../../support/provision.ts'
import { FOUND } from '../../support/walk/found.ts'
import { cleanUp, forServer, walkOnBoth } from '../../support/walk/real.ts'

const SAMPLE = [
  'a removal looks into a database that a person has shut, which is kept',
  'a guest of two schemas goes with the stack',
]
/** All of them, where more walks are asked for than a sample. */
const NAMES = process.env['RDS_PROVISION_WALKS'] === undefined ? SAMPLE : Object.keys(FOUND)

for (const version of VERSIONS) {
  const bed = bedFor(version)
  test.serial(`PostgreSQL ${version}: who goes down to none gets nothing in a schema of the same run`, async (t) => {
    const stack = bed().declare({
      alpha: {},
      beta: { access_level: 'editor', database_of: 'alpha', schemas: ['*'] },
    })
    await stack.applyOk()
    stack.applications = {
      alpha: { schemas: ['public', 'app'] },
      beta: { access_level: 'none', database_of: 'alpha' },
    }
    await stack.applyOk()
    const text = `SELECT has_schema_privilege('${stack.username('beta')}', 'app', 'USAGE') AS has`
    t.deepEqual(await bed().server.sql(text, [], stack.database('alpha')), [{ has: false }])
  })

  for (const name of NAMES)
    test.serial(`PostgreSQL ${version}: ${name}: the server does what the model of it does`, async (t) => {
      const walk = FOUND[name]?.(version)
      if (walk === undefined) throw new Error('no such walk')
      await cleanUp(bed())
      t.deepEqual(await walkOnBoth(bed(), forServer(walk)), [])
    })
}
