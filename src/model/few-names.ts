/** Names from catalogs as a message tells them: a few, since whoever may make such things can make any number. */
import { showBytes } from './sendable.ts'

const FEW = 3

/**
 * `a, b, c and 297 more`, in order of their code units; bytes that are no text are shown as bytes.
 * @param others how many more there are, whose names are not at hand
 */
export function fewNames(names: Iterable<string>, others = 0): string {
  const sorted = [...names].sort()
  const left = Math.max(sorted.length - FEW, 0) + others
  const more = left > 0 ? ` and ${String(left)} more` : ''
  return `${sorted.slice(0, FEW).map(showBytes).join(', ')}${more}`
}
