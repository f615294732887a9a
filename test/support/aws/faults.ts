/** What a test makes go wrong, by action. */
import { setMaxListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { AwsError, type Service } from './protocol.ts'

export interface Failure {
  /** Error code as the service spells it, e.g. `ExpiredTokenException`. */
  readonly code: string
  /** HTTP status; 500 when not given. */
  readonly status?: number
  readonly message?: string
  /** How many calls fail; every one when not given. */
  readonly times?: number
}

type Outcome =
  | { readonly kind: 'error'; readonly error: AwsError }
  | { readonly kind: 'reset' }
  | { readonly kind: 'denied' }
  | { readonly kind: 'throttled' }

interface Fault {
  readonly outcome: Outcome
  left: number
}

/** Stands for every action. */
const ANY = '*'

export class Faults {
  readonly #faults = new Map<string, Fault[]>()
  readonly #delays = new Map<string, number>()
  readonly #closing = quiet(new AbortController())
  /** How far the services' clock is ahead of ours, in milliseconds. */
  skew = 0

  /** Every call of the action is refused for want of a permission. */
  deny(action: string): void {
    this.#add(action, { kind: 'denied' }, Infinity)
  }

  fail(action: string, { code, status = 500, message = code, times = Infinity }: Failure): void {
    this.#add(action, { kind: 'error', error: new AwsError(code, message, status) }, times)
  }

  throttle(action: string, times: number): void {
    this.#add(action, { kind: 'throttled' }, times)
  }

  /** The quota of the account is used up: the next calls are throttled, whatever they are. */
  throttleAccount(times: number): void {
    this.#add(ANY, { kind: 'throttled' }, times)
  }

  /** The connection is reset instead of an answer. */
  reset(action: string, times: number): void {
    this.#add(action, { kind: 'reset' }, times)
  }

  /** Every call of the action is answered this much later. */
  delay(action: string, milliseconds: number): void {
    this.#delays.set(action, milliseconds)
  }

  clear(): void {
    this.#faults.clear()
    this.#delays.clear()
    this.skew = 0
  }

  /** Ends all waiting. */
  close(): void {
    this.#closing.abort()
  }

  /** Waits as told. @returns false when the connection is to be reset; throws the AwsError to answer with */
  async before(service: Service, action: string): Promise<boolean> {
    const wait = this.#delays.get(action)
    if (wait !== undefined) await sleep(wait, undefined, { signal: this.#closing.signal })
    const faults = [...(this.#faults.get(action) ?? []), ...(this.#faults.get(ANY) ?? [])]
    const fault = faults.find(({ left }) => left > 0)
    if (fault === undefined) return true
    fault.left -= 1
    if (fault.outcome.kind === 'reset') return false
    throw errorOf(fault.outcome, service, action)
  }

  #add(action: string, outcome: Outcome, times: number): void {
    this.#faults.set(action, [...(this.#faults.get(action) ?? []), { outcome, left: times }])
  }
}

/** Every delayed answer listens to it; Node warns of more than ten listeners. */
function quiet(controller: AbortController): AbortController {
  setMaxListeners(0, controller.signal)
  return controller
}

/** Codes and statuses differ between the protocols: the JSON services answer 400 and end in `Exception`. */
function errorOf(outcome: Exclude<Outcome, { kind: 'reset' }>, service: Service, action: string): AwsError {
  switch (outcome.kind) {
    case 'error':
      return outcome.error
    case 'denied':
      return accessDenied(service, action)
    case 'throttled':
      return new AwsError(service.namespace === null ? 'ThrottlingException' : 'Throttling', 'Rate exceeded', 400)
  }
}

/** The refusal for want of a permission. */
export function accessDenied(service: Service, action: string): AwsError {
  const message = `User: arn:aws:iam::123456789012:user/test is not authorized to perform: ${service.name}:${action}`
  return service.namespace === null
    ? new AwsError('AccessDeniedException', message, 400)
    : new AwsError('AccessDenied', message, 403)
}
