/** Whatever ends a run, as one of our errors. */
import { ApplyError, ConnectionError, ProvisionError } from '../../errors.ts'
import { CONNECTION_CODES, ConnectFailure } from '../../server/failure.ts'
import { ConnectionLost } from '../../server/session.ts'
import { defectProblem } from '../outcome.ts'

/** What the server or the network said becomes one of our errors; a defect of ours is told as such, with its name. */
export function toProvisionError(thrown: unknown): ProvisionError {
  if (thrown instanceof ProvisionError) return thrown
  const message = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown)
  if (thrown instanceof ConnectFailure) {
    return new ConnectionError(
      [
        {
          application: null,
          code: CONNECTION_CODES[thrown.kind],
          field: 'instance',
          message: `a further connection failed: ${message}.`,
          remedy: 'Check the server and run again.',
        },
      ],
      { cause: thrown },
    )
  }
  if (thrown instanceof ConnectionLost) {
    const remedy =
      'Check the instance (a restart, a failover, somebody who ends sessions); what took effect is in the audit, and the next run goes on from there.'
    return new ApplyError(
      [
        {
          application: null,
          code: 'connection_lost',
          field: 'instance',
          message: `the connection to the server broke: ${thrown.message}.`,
          remedy,
        },
      ],
      { cause: thrown },
    )
  }
  return new ApplyError([defectProblem(thrown)], { cause: thrown })
}
