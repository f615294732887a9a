/** Guardrails on whose a role is (src/README.md: One application, one state). Pure. */
import { groupBy } from '../group-by.ts'
import type { Cluster } from '../model/catalog.ts'
import { describeClaim, isOfStack, printClaim, standingOf, type Standing } from '../model/claim.ts'
import type { Application, Declaration } from '../model/declaration.ts'
import { ownLogins } from '../model/logins.ts'
import type { Problem } from '../model/problem.ts'
import type { RunIdentity } from '../model/run.ts'
import { parseTag, type Tag } from '../model/tag.ts'
import { violation } from './violation.ts'

/** What a run may do about claims. */
export type ClaimRights = Pick<RunIdentity, 'command' | 'takesOver'>

/**
 * What an application's role says of another stack, state or application.
 * @param homeless declared applications without a login of ours under their own name (`Known`)
 */
export function checkClaim(
  declaration: Declaration,
  homeless: ReadonlySet<string>,
  { takesOver }: Pick<ClaimRights, 'takesOver'>,
  application: Application,
  tag: Tag,
): Problem[] {
  const standing = standingOf(declaration, tag)
  const foreign = foreignClaim(declaration, standing, takesOver, application, tag)
  if (foreign !== null) return [foreign]
  const claimant = tag.get('Application') ?? ''
  if (claimant === application.name || !homeless.has(claimant)) return []
  return [
    violation(
      application,
      'foreign_claim',
      `the role ${application.username} belongs to the application ${claimant}, which is still declared.`,
      `Give ${application.name} another username, or remove ${claimant} from application_databases.`,
    ),
  ]
}

function foreignClaim(
  { acceptTagsFrom }: Declaration,
  standing: Standing,
  takesOver: boolean,
  application: Application,
  tag: Tag,
): Problem | null {
  const message = `the role ${application.username} belongs to the stack ${describeClaim(tag)}.`
  switch (standing) {
    case 'ours':
    case 'unproven':
      return null
    case 'other_stack': {
      const stack = tag.get('Stack') ?? ''
      if (acceptTagsFrom.has(stack)) return null
      const claim = tag.get('Claim')
      const accept = `list "${stack}" in accept_tags_from to take it over.`
      const remedy = claim === undefined ? `Remove it there first, or ${accept}` : wayBack(claim, accept)
      return violation(application, 'foreign_claim', message, remedy)
    }
    case 'other_state': {
      if (takesOver) return null
      const take = 'set ALLOW_DB_TAKEOVER=true in the environment of one run to take it over.'
      return violation(application, 'foreign_claim', message, wayBack(tag.get('Claim') ?? '', take))
    }
  }
}

/** The least that helps comes first. @param takeOver what to do if nothing else does */
function wayBack(claim: string, takeOver: string): string {
  const address = 'module.<name>.terraform_data.stack'
  return [
    'If that state is the right one, work there.',
    `If it was lost, give this one its claim: terraform state rm ${address} (where this state has one already), then`,
    `terraform import ${address} ${printClaim(claim)}.`,
    `Or ${takeOver}`,
  ].join(' ')
}

/** An input that belongs to no state may look, and change nothing that a state has claimed: one problem a claim. */
export function checkMissingClaim(declaration: Declaration, { roles }: Cluster, { command }: ClaimRights): Problem[] {
  if (declaration.claim !== null || command !== 'apply') return []
  const claimed = ownLogins(declaration).flatMap(({ username }) => {
    const tag = parseTag(roles.get(username)?.comment ?? null)
    return tag?.has('Claim') === true && isTaken(declaration, tag) ? [{ username, claim: tag.get('Claim') ?? '' }] : []
  })
  return [...groupBy(claimed, ({ claim }) => claim)].map(([claim, items]) =>
    violation(
      null,
      'missing_claim',
      missingClaim(
        claim,
        items.map(({ username }) => username),
      ),
      giveClaim(claim),
    ),
  )
}

/** Foreign claims are told as such. */
function isTaken(declaration: Declaration, tag: Tag): boolean {
  return isOfStack(declaration, tag) || declaration.acceptTagsFrom.has(tag.get('Stack') ?? '')
}

/** How many are named; the others are counted. */
const NAMED = 3

function missingClaim(claim: string, usernames: readonly string[]): string {
  const named = usernames.slice(0, NAMED).join(', ')
  const others = usernames.length > NAMED ? ` and ${String(usernames.length - NAMED)} more` : ''
  return `${named}${others} belong to the state with the claim ${claim}, and this input has no claim.`
}

/** What to do where an input has no claim. */
export function giveClaim(claim: string): string {
  const given = `give --claim ${printClaim(claim)}, or set RDS_PROVISION_CLAIM.`
  return `If the input is of that state (terraform output -raw claim), ${given}`
}

/** What a preview says of what it showed without a claim. */
export function claimNotices(declaration: Declaration, comments: readonly (string | null | undefined)[]): string[] {
  if (declaration.claim !== null) return []
  const claims = comments.flatMap((comment) => parseTag(comment ?? null)?.get('Claim') ?? [])
  return [...new Set(claims)].map(
    (claim) =>
      `This input has no claim, and something here has ${claim}: nothing is changed without it. ${giveClaim(claim)}`,
  )
}
