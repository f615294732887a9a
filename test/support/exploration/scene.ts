/** What a scene is: where it begins, and what may happen in it. */
import type { Operation } from '../server-model/by-hand.ts'
import type { State } from '../server-model/state.ts'
import type { Secrets, Spec } from './runs.ts'

/** What a person does at a prompt. */
export interface Hand {
  readonly name: string
  readonly does: readonly Operation[]
  /** What takes it back, where runs refuse to; they may say so by one of these codes. */
  readonly undoes: readonly Operation[]
  /** What a run without problems needs then: entries that adopt what is there. */
  readonly adopts?: true
  readonly codes: readonly string[]
}

export interface Bounds {
  /** How often each run may begin. */
  readonly starts: number
  readonly kills: number
  /** Connections that break, which a run makes anew. */
  readonly losses: number
  readonly hands: number
}

/** What may happen, and where it begins. */
export interface Scene {
  readonly specs: readonly Spec[]
  readonly hands: readonly Hand[]
  readonly begins: Start
  readonly bounds: Bounds
  /** Which applies must get out of every state. */
  readonly needs: 'all' | 'one'
  /** What may stand in the way of a run that no hand disturbs. */
  readonly codes: readonly string[]
  /** Databases that every apply declares: nothing takes them away. */
  readonly keeps: readonly string[]
}

/** Where nothing runs. */
export interface Start {
  readonly state: State
  readonly secrets: Secrets
}

export type Choice =
  | { readonly kind: 'begin' | 'step' | 'kill' | 'lost before' | 'lost after'; readonly who: number }
  | { readonly kind: 'hand'; readonly what: number }
