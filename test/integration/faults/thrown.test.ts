/** What is thrown where nobody waits for it, such as in a stream: the run ends in order, as a defect in its audit. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { parseAudit } from '../../support/terraform.ts'
import { startAws } from '../../support/aws.ts'
import { launchBundle } from '../../support/launch.ts'

/** Loaded before the program: throws in the listener of a socket's data, as the driver or the SDK could. */
const THROWS = `
import { Socket } from 'node:net'
const connect = Socket.prototype.connect
Socket.prototype.connect = function (...args) {
  this.prependOnceListener('data', () => { throw new Error('thrown in a stream') })
  return connect.apply(this, args)
}
`

test('an error in a stream of AWS ends the run with exit 1 and an audit that tells it', async (t) => {
  const aws = await startAws()
  const folder = await mkdtemp(join(tmpdir(), 'rds-provision-thrown-'))
  t.teardown(async () => {
    await aws.stop()
    await rm(folder, { recursive: true })
  })
  await writeFile(join(folder, 'throws.mjs'), THROWS)
  const audit = join(folder, 'audit.json')
  const input = { environment: 'dev', instance: { host: 'localhost' }, admin_secret_id: 'a', application_databases: {} }
  const { code, stdout, stderr } = await launchBundle(['apply', '--audit-file', audit], {
    ...aws.env,
    PATH: process.env['PATH'] ?? '',
    NODE_OPTIONS: `--import=${join(folder, 'throws.mjs')}`,
    RDS_PROVISION_INPUT: JSON.stringify(input),
  }).ended
  t.is(code, 1, stdout + stderr)
  t.regex(stdout + stderr, /thrown in a stream/)
  const { run } = parseAudit(JSON.parse(await readFile(audit, 'utf8')))
  t.deepEqual([run.outcome, run.exit_code, run.error_codes], ['failed', 1, ['defect']])
  t.regex(run.error ?? '', /thrown in a stream/)
})
