/** What is told of a statement that the server refused. Pure. */
import { shorten } from '../model/printable.ts'
import type { Step } from '../model/step.ts'

/**
 * The parts of the server's answer that are told. https://www.postgresql.org/docs/current/protocol-error-fields.html
 */
export interface Refusal {
  /** SQLSTATE */
  readonly code: string
  readonly message: string
  /** '' where it has none. */
  readonly detail: string
  readonly hint: string
  /** Which code of the database was running, innermost first; '' where none was. */
  readonly context: string
}

/** Any of them may be text of a tenant's own code, of any length. */
const LONGEST_MESSAGE = 2_000
const LONGEST_PART = 500

/** Something that was named is not there: table, function, type or schema. */
const NOT_FOUND = /^(?:42P01|42883|42704|3F000)$/

/**
 * The server's own words. CONTEXT tells of code that the statement set off, such as an event trigger's (src/README.md:
 * Code that a statement sets off); it quotes what ran, so with a secret among the statements nothing but the message is
 * told.
 * @param steps those whose statements were sent together
 * @param blocker who was waited for; null: nobody
 */
export function describeRefusal(refusal: Refusal, steps: readonly Step[], blocker: string | null): string {
  const told = words(refusal, steps)
  return blocker === null || !WAITING.has(refusal.code) ? told : `${told} (waited for ${blocker})`
}

/** Lock timeout, cancelled, deadlock: somebody was in the way. */
const WAITING = new Set(['55P03', '57014', '40P01'])

function words(refusal: Refusal, steps: readonly Step[]): string {
  const message = shorten(refusal.message, LONGEST_MESSAGE)
  if (steps.some(({ statements }) => statements.some(({ isSecret }) => isSecret))) return message
  const parts = [
    ['DETAIL', refusal.detail],
    ['HINT', refusal.hint],
    ['CONTEXT', refusal.context],
  ].flatMap(([label = '', text = '']) => (text === '' ? [] : [`${label}: ${shorten(text, LONGEST_PART)}`]))
  if (parts.length === 0) return message
  const why = refusal.context !== '' && NOT_FOUND.test(refusal.code) ? `; ${WHY}` : ''
  return `${message} (${parts.join('; ')}${why})`
}

const WHY =
  'code that a statement sets off, such as that of an event trigger, runs with the search_path of this run, which is ' +
  'pg_catalog and pg_temp: let it name schemas, or give its function a search_path of its own (ALTER FUNCTION … SET search_path)'
