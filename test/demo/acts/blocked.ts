/** A guardrail at work: prod needs an approval, which belongs to the run. */
import { difference, dump } from '../../support/catalogs.ts'
import type { Bed } from '../bed.ts'
import { OWNER } from '../declaration.ts'
import { claim, doing, heading, say } from '../screen.ts'

const BLOCKED = 4

export async function showBlocked({ server, aws, addStack }: Bed): Promise<void> {
  heading('terraform apply for prod, with nobody to approve it')
  const prod = await addStack('prod', { [OWNER]: {} })
  doing('terraform apply')
  const before = await dump(server)
  const mark = await server.mark()
  const calls = aws.calls.length
  const result = await prod.apply()
  claim(
    'terraform apply fails, the script exits with 4: blocked by a guardrail',
    [result.code, result.scriptExit],
    [1, BLOCKED],
  )
  claim(
    'no connection was made and no secret read',
    [await server.connectionsSince(mark), aws.calls.length - calls],
    [0, 0],
  )
  claim('nothing changed', difference(before, await dump(server)), [])
  const { run } = await prod.lastAudit()
  claim(
    'and yet there is an audit, which says so',
    [run.outcome, run.approval, run.exit_code],
    ['blocked', 'missing', BLOCKED],
  )
  say('With ALLOW_DB_PROVISION=true in the environment of the run it would go on.')
}
