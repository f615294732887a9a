/** Runs of the same kind without an attack, on the same server: what a run takes there and then. */
import type { Entry, Outcome, Stack } from '../provision.ts'
import type { Attack } from './attack.ts'
import type { Field } from './field.ts'
import { othersWith } from './others.ts'

interface Timed {
  readonly outcome: Outcome
  readonly ms: number
}

/** Applications that leave without doing anything, to measure a removal by. */
const LEAVERS = ['calm0', 'calm1']

export class Calm {
  readonly entries: Readonly<Record<string, Entry>>
  readonly #stack: Stack
  /** What runs took, by kind: an apply alone, and one after a removal. */
  readonly #applies: number[] = []
  readonly #removals: number[] = []

  constructor(stack: Stack) {
    this.#stack = stack
    this.entries = Object.fromEntries(LEAVERS.map((name) => [name, { cleanup_policy: 'delete' }]))
  }

  /** As many as the attacks need. */
  async measure(attacks: readonly Attack[], nextRound: () => number): Promise<void> {
    for (let n = 0; n < 2; n += 1) this.#applies.push((await this.#apply(nextRound(), this.entries)).ms)
    if (attacks.some(({ removes }) => removes !== undefined))
      for (const [n, name] of LEAVERS.entries()) {
        const started = performance.now()
        await this.#stack.destroyOk(name)
        await this.#apply(nextRound(), Object.fromEntries(Object.entries(this.entries).slice(n + 1)))
        this.#removals.push(performance.now() - started)
      }
  }

  /**
   * The next run, when the attack is over: all must be done in it.
   * @returns ms: what the attacked run would have taken, at its longest: a machine may be busy now and then
   */
  async after(
    { removes }: Attack,
    field: Field,
    nextRound: () => number,
    declared: Readonly<Record<string, Entry>>,
  ): Promise<Timed> {
    const started = performance.now()
    if (removes !== undefined) {
      this.#stack.applications = {
        ...this.#stack.applications,
        [field.key(removes)]: field.entries[field.key(removes)] ?? {},
      }
      await this.#stack.destroyOk(field.key(removes))
    }
    const { outcome, ms } = await this.#apply(nextRound(), declared)
    const took = performance.now() - started
    const kind = removes === undefined ? this.#applies : this.#removals
    const usual = median(kind)
    if (removes === undefined) kind.push(ms)
    return { outcome, ms: Math.max(usual, took) }
  }

  async #apply(round: number, entries: Readonly<Record<string, Entry>>): Promise<Timed> {
    this.#stack.applications = { ...othersWith(round), ...entries }
    const started = performance.now()
    const outcome = await this.#stack.apply()
    return { outcome, ms: performance.now() - started }
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}
