/** Whose something managed is: which stack, and which state of it (src/README.md: One application, one state). Pure. */
import type { Declaration } from './declaration.ts'
import type { Tag, TagField } from './tag.ts'

/**
 * How a tag stands to a declaration.
 *
 * - `ours`: it has our claim; or none yet, and our stack.
 * - `unproven`: it has our stack and a claim, and the declaration has none, as by hand: that can be looked at.
 * - `other_state`: it has our stack, and the claim of another state.
 * - `other_stack`: it has another stack or another environment.
 */
export type Standing = 'ours' | 'unproven' | 'other_state' | 'other_stack'

type Claimant = Pick<Declaration, 'stack' | 'environment' | 'clusterName' | 'claim' | 'workspace'>

/** Terraform's own, which every state has. https://developer.hashicorp.com/terraform/language/state/workspaces */
const DEFAULT_WORKSPACE = 'default'

/** What the stack is called where nobody names it. @param workspace null: not known, as by hand */
export function defaultStack(clusterName: string, environment: string, workspace: string | null): string {
  const stack = `${clusterName}/${environment}`
  return workspace === null || workspace === DEFAULT_WORKSPACE ? stack : `${stack}/${workspace}`
}

export function standingOf(declaration: Claimant, tag: Tag): Standing {
  const isNamed = tag.get('Stack') === declaration.stack
  const claim = tag.get('Claim')
  if (tag.get('Environment') !== declaration.environment) return 'other_stack'
  if (claim === undefined) return isNamed || isFormer(declaration, tag) ? 'ours' : 'other_stack'
  if (declaration.claim !== null && claim === declaration.claim) return 'ours'
  if (!isNamed) return 'other_stack'
  return declaration.claim === null ? 'unproven' : 'other_state'
}

/**
 * Before 1.1 all workspaces had the default stack of the first. What has no claim yet goes to whichever declares it
 * first; what nobody declares stays with the workspace that keeps that name.
 */
function isFormer({ stack, clusterName, environment, workspace }: Claimant, tag: Tag): boolean {
  const former = defaultStack(clusterName, environment, null)
  return stack !== former && stack === defaultStack(clusterName, environment, workspace) && tag.get('Stack') === former
}

/** Whether it is of this stack for somebody who looks, and for what is only read or given back. */
export function isOfStack(declaration: Claimant, tag: Tag | null): boolean {
  if (tag === null) return false
  const standing = standingOf(declaration, tag)
  return standing === 'ours' || standing === 'unproven'
}

/** Whether it is told as no longer declared: it has our claim, or none and our stack by name. */
export function isOurOrphan(declaration: Claimant, tag: Tag): boolean {
  return standingOf(declaration, tag) === 'ours' && (tag.has('Claim') || tag.get('Stack') === declaration.stack)
}

/** Another state has it by now, whatever its stack. */
export function isClaimedElsewhere(declaration: Claimant, tag: Tag): boolean {
  const claim = tag.get('Claim')
  return claim !== undefined && declaration.claim !== null && claim !== declaration.claim
}

/** It was ours until another state took it over. */
export function wasOurs({ claim, environment }: Claimant, tag: Tag): boolean {
  return claim !== null && tag.get('TakenOverFrom') === claim && tag.get('Environment') === environment
}

/** As an error names whoever has it, after "the stack". */
export function describeClaim(tag: Tag): string {
  const field = (name: TagField): string => tag.get(name) ?? ''
  const stack = `"${field('Stack')}" (environment ${field('Environment')}, application ${field('Application')})`
  if (!tag.has('Claim')) return stack
  const workspace = tag.has('Workspace') ? `, workspace ${field('Workspace')}` : ''
  const build = tag.has('ClaimedByBuildId') ? ` in build ${field('ClaimedByBuildId')}` : ''
  const time = tag.has('ClaimedAt') ? ` at ${field('ClaimedAt')}` : ''
  return `${stack}${workspace}, claimed${build}${time}`
}

/** What a claim may look like: ids of terraform_data are UUIDs, and it stands in commands that a person copies. */
export const CLAIM = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/

/** A claim for a command line; one that a shell may take for something else is not written there. */
export function printClaim(claim: string): string {
  return CLAIM.test(claim) ? claim : '<claim>'
}
