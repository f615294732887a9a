/** Names from catalogs as a message tells them: a few, since whoever may make such things can make any number. */
import { showBytes } from './sendable.ts'

const FEW = 3

/** `a, b, c and 297 more`, in order of their code units; bytes that are no text are shown as bytes. */
export function fewNames(names: Iterable<string>): string {
  const sorted = [...names].sort()
  const more = sorted.length > FEW ? ` and ${String(sorted.length - FEW)} more` : ''
  return `${sorted.slice(0, FEW).map(showBytes).join(', ')}${more}`
}
