/** A right that was revoked and is there by another way is not called carried out (src/README.md: Access reviews). */
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { bedFor, type Stack, VERSIONS } from '../../support/provision.ts'
import { rowsOf } from '../../support/report-rows.ts'
import { decide, fromSpreadsheet } from '../../support/review.ts'

for (const version of VERSIONS) {
  const bed = bedFor(version)
  const on = `PostgreSQL ${String(version)}: `

  /** What becomes of all that `anna` has, which is revoked, once that is done. */
  const become = async (stack: Stack, change: readonly string[], options: object = {}): Promise<string[]> => {
    const folder = await mkdtemp(join(tmpdir(), 'rds-provision-review-'))
    const signed = join(folder, 'signed.csv')
    const { text } = await stack.review('csv', options)
    await writeFile(signed, fromSpreadsheet(decide(text, (right) => (right.startsWith('anna: ') ? 'revoke' : 'keep'))))
    for (const statement of change) await bed().server.sql(statement, [], 'shop_dev_db')
    const after = await stack.review('json', { signed, ...options })
    return rowsOf(after.text, 'decisions')
      .filter(({ login, decision }) => login === 'anna' && decision === 'revoke')
      .map(({ right, state }) => `${String(right)}: ${String(state)}`)
  }
  const TABLES = 'grants on tables in schema public'

  test.serial(
    `${on}by a role of which it is a member, by a membership, by the option to give itself one`,
    async (t) => {
      const stack = bed().declare({ shop: {} }, { stack: 'ways' })
      await stack.applyOk()
      await bed().server.sql('CREATE ROLE staff; CREATE ROLE anna LOGIN; GRANT staff TO anna')
      await stack.sql(
        'shop',
        `CREATE TABLE public.orders (); CREATE SEQUENCE public.numbers;
       GRANT USAGE ON SEQUENCE public.numbers TO staff; GRANT SELECT ON public.orders TO anna`,
      )
      const moved = ['REVOKE SELECT ON public.orders FROM anna; GRANT SELECT ON public.orders TO staff']
      t.deepEqual((await become(stack, moved)).sort(), [
        `${TABLES}: not carried out yet`,
        'member of staff: not carried out yet',
      ])

      await bed().server.sql(
        'REVOKE staff FROM anna; REVOKE SELECT ON public.orders FROM staff; GRANT SELECT ON public.orders TO anna',
        [],
        'shop_dev_db',
      )
      const joined = ['REVOKE SELECT ON public.orders FROM anna; GRANT shop_dev_user TO anna']
      t.deepEqual(await become(stack, joined, { application: 'shop' }), [`${TABLES}: not carried out yet`])

      const options = version < 16 ? 'ADMIN OPTION' : 'ADMIN TRUE, INHERIT FALSE, SET FALSE'
      const left = ['REVOKE shop_dev_user FROM anna', `GRANT shop_dev_user TO anna WITH ${options}`]
      t.deepEqual(await become(stack, left), ['member of shop_dev_user: not carried out yet'])
      t.deepEqual(await become(stack, ['REVOKE shop_dev_user FROM anna']), ['member of shop_dev_user: carried out'])
    },
  )
}
