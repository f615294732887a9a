/**
 * The cases of the protocol as tests, with the real bundle on a real server: all of them with
 * RDS_PROVISION_FAULTS=whole, else a sample. One file for each kind of consumer, so that they run side by side.
 */
import test from 'ava'
import { IS_WHOLE } from '../../support/faults/intensity.ts'
import { instance } from './instance.ts'
import { CASES } from './protocol-cases.ts'
import { Case, type Consumer } from './protocol.ts'

/** In `npm test`: each kind once, each beside one kind of consumer. */
const SAMPLED = new Map<string, readonly Consumer[]>([
  ['remove', ['none', 'output', 'depends']],
  ['rename', ['none', 'output']],
  ['rename with moved', ['depends']],
  ['remove and rename', ['depends']],
  ['swap keys', ['none']],
  ['-target of markers', ['none']],
  ['-replace of markers', ['output']],
  ['destroy', ['depends']],
  ['refused, then declared again', ['output']],
  ['-replace of the stack', ['none']],
  ['KILL at P:end, then again', ['depends']],
  ['KILL at P:middle, then again', ['none']],
  ['KILL at R:end, then declared again', ['none']],
  ['destroy, KILL at S:start, then again', ['output']],
])

export function protocolTests(consumer: Consumer): void {
  const given = instance()
  for (const [index, [name, play]] of Object.entries(CASES).entries()) {
    if (!IS_WHOLE && SAMPLED.get(name)?.includes(consumer) !== true) continue
    test.serial(`${name}, consumer: ${consumer}`, async (t) => {
      t.timeout(300_000)
      const box = await Case.begin(t, given(), consumer, `p${String(index + 1)}`)
      await play(box, await box.found())
      // The audit of a run that was killed may be an empty file.
      t.log((await box.told().catch(() => ['an audit was cut off'])).join(', '))
    })
  }
}
