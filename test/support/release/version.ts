/** Versions in the order of Semantic Versioning: https://semver.org/spec/v2.0.0.html#spec-item-11 */

type Part = number | string

interface Version {
  readonly core: readonly number[]
  /** Of `-rc.1`: `rc`, 1. Empty: a release, which comes after all of these. */
  readonly early: readonly Part[]
}

/** null: no version. What follows a `+` has no order. */
function parseVersion(text: string): Version | null {
  const [, core, early] = /^(\d+\.\d+\.\d+)(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$/.exec(text) ?? []
  if (core === undefined) return null
  const part = (word: string): Part => (/^\d+$/.test(word) ? Number(word) : word)
  return { core: core.split('.').map(Number), early: early?.split('.').map(part) ?? [] }
}

/** Below 0: `a` comes before `b`; null: one of them is no version. */
export function compareVersions(a: string, b: string): number | null {
  const [one, other] = [parseVersion(a), parseVersion(b)]
  if (one === null || other === null) return null
  const byCore = compareParts(one.core, other.core)
  if (byCore !== 0 || one.early.length === 0 || other.early.length === 0)
    return byCore !== 0 ? byCore : Math.sign(other.early.length - one.early.length)
  return compareParts(one.early, other.early)
}

/** Part by part; a number comes before a word, and what ends first before what goes on. */
function compareParts(a: readonly Part[], b: readonly Part[]): number {
  for (const [at, one] of a.entries()) {
    const other = b[at]
    if (other === undefined) return 1
    if (one === other) continue
    if (typeof one !== typeof other) return typeof one === 'number' ? -1 : 1
    return one < other ? -1 : 1
  }
  return a.length < b.length ? -1 : 0
}
