/** What a removal may do about a role, by the claim in its tag (src/README.md: One application, one state). Pure. */
import { giveClaim } from '../guardrails/claims.ts'
import { describeClaim, isClaimedElsewhere, standingOf } from '../model/claim.ts'
import type { Declaration } from '../model/declaration.ts'
import type { GuardrailCode } from '../model/problem.ts'
import type { Tag } from '../model/tag.ts'

/**
 * - `ours`: it may be removed.
 * - `kept`: another state has it by now, and nobody is held up for it.
 * - `blocked`: another stack has it; or nobody knows whose the input is.
 */
export type RemovalRight =
  | { readonly kind: 'ours' }
  | { readonly kind: 'kept'; readonly message: string }
  | {
      readonly kind: 'blocked'
      readonly code: GuardrailCode
      readonly message: string
      readonly remedy: string
    }

/** @param changes whether anything would be removed: what has a claim can be looked at without one. */
export function removalRight(declaration: Declaration, username: string, tag: Tag, changes: boolean): RemovalRight {
  if (isClaimedElsewhere(declaration, tag)) {
    const whose = `role ${username} belongs to the stack ${describeClaim(tag)} by now`
    const message = `${whose}: it and what it owns are left as they are`
    return { kind: 'kept', message }
  }
  switch (standingOf(declaration, tag)) {
    case 'ours':
      return { kind: 'ours' }
    case 'unproven': {
      const claim = tag.get('Claim') ?? ''
      const message = `the role ${username} belongs to the state with the claim ${claim}, and this input has no claim.`
      return changes ? { kind: 'blocked', code: 'missing_claim', message, remedy: giveClaim(claim) } : { kind: 'ours' }
    }
    case 'other_state':
    case 'other_stack':
      return {
        kind: 'blocked',
        code: 'removal_obstacle',
        message: `the role ${username} belongs to the stack ${describeClaim(tag)}.`,
        remedy: 'Remove it there, or take the marker out of the state here (terraform state rm).',
      }
  }
}
