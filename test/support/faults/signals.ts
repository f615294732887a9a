/** A run as a process that is told to stop. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import type { AuditDocument } from '../../../src/model/audit.ts'
import type { Launched } from '../launch.ts'
import type { Bed, Stack } from '../provision.ts'
import { count } from './intensity.ts'
import { effective, quiet, told, untruths } from './truth.ts'

export interface Run {
  readonly process: Launched
  readonly audit: () => Promise<AuditDocument>
}

/** Starts an apply, or the removal of an application as its marker runs it. */
export async function launch(t: ExecutionContext, stack: Stack, removes?: string): Promise<Run> {
  const folder = await mkdtemp(join(tmpdir(), 'rds-provision-signals-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'audit.json')
  const parse = async (): Promise<AuditDocument> => JSON.parse(await readFile(file, 'utf8')) as AuditDocument
  const process =
    removes === undefined
      ? stack.launch(['apply', '--audit-file', file])
      : stack.launch(['destroy', '--application', removes, '--audit-file', file], {
          RDS_PROVISION_INPUT: JSON.stringify(stack.marker(removes)),
          RDS_PROVISION_BUILD_ID: 'build-1',
        })
  return { process, audit: parse }
}

/** With `mayBeDone`, a run that had nothing left to change may end well. Else it ends with 1 within seconds, says why, truthfully, and leaves neither session nor lock. */
export async function endsInOrder(
  t: ExecutionContext,
  bed: Bed,
  run: Run,
  signal: NodeJS.Signals,
  mark: number,
  mayBeDone = false,
): Promise<void> {
  const limit = new Promise<null>((resolve) => {
    setTimeout(() => {
      resolve(null)
    }, 20_000)
  })
  run.process.kill(signal)
  const ended = await Promise.race([run.process.ended, limit])
  if (ended === null) run.process.kill('SIGKILL')
  if (mayBeDone && ended?.code === 0) return
  t.is(ended?.code, 1, run.process.output())
  const { run: about, records } = await run.audit()
  t.is(about.outcome, 'failed')
  t.is(about.exit_code, 1)
  t.regex(about.error ?? '', new RegExp(signal))
  await quiet(bed.server)
  t.deepEqual(untruths(told(records), effective(await bed.server.logSince(mark))), [])
  count('events', `${signal} to the process`)
}

/** Keeps everybody from changing roles. @returns lets them again */
export async function holdRoles(t: ExecutionContext, bed: Bed): Promise<() => Promise<void>> {
  await bed.server.sql('BEGIN; LOCK TABLE pg_authid IN SHARE ROW EXCLUSIVE MODE', [], 'template1')
  const release = async (): Promise<void> => {
    await bed.server.sql('ROLLBACK', [], 'template1')
    await bed.server.forget('template1')
  }
  t.teardown(release)
  return release
}
