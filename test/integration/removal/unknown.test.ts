/** A removal of what is not there: a name that nobody has, and one that is gone by now. */
import test from 'ava'
import { ANY_VERSION, bedFor } from '../../support/provision.ts'

for (const version of ANY_VERSION) {
  const bed = bedFor(version)

  test.serial(
    `PostgreSQL ${version}: a look at a name that nobody has is refused, with the nearest that there is`,
    async (t) => {
      const stack = bed().declare({ analytics: { cleanup_policy: 'delete' }, billing: {} }, { stack: 'unknown' })
      await stack.applyOk()
      const { blocked, stopped } = await stack.previewDestroy('analitics')
      t.true(stopped)
      t.deepEqual(
        blocked.map(({ application, code, message, remedy }) => [application, code, message, remedy]),
        [
          [
            'analitics',
            'unknown_application',
            'nothing of unknown on this instance carries Application analitics.',
            'There are analytics, billing. Did you mean "analytics"?',
          ],
        ],
      )
    },
  )

  test.serial(
    `PostgreSQL ${version}: a removal that is asked for twice ends well, and says what it knows`,
    async (t) => {
      const stack = bed().declare({ twice: { cleanup_policy: 'delete' } }, { stack: 'twice' })
      await stack.applyOk()
      await stack.destroyOk('twice')
      stack.applications = {}
      const { records } = await stack.destroyOk('twice')
      t.regex(
        records.map(({ message }) => message).join('\n'),
        /carries Application twice: it is gone, or never was\.$/,
      )
    },
  )
}
