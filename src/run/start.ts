/** From arguments and environment, or from what a program gives, to a parsed declaration and a run's identity. */
import { createHash, randomUUID } from 'node:crypto'
import { readCiIds } from '../ci.ts'
import { InvalidInputError } from '../errors.ts'
import type { Problem } from '../model/problem.ts'
import { checkApproval } from '../guardrails/request.ts'
import { decodeInput } from '../input/decode.ts'
import { checkClaim, checkId, type RunEnvironment, type Variables } from '../input/environment.ts'
import { DeclarationError, parseDeclaration, type ParsedInput } from '../input/parse.ts'
import { idsAreGiven, resolveRun, type RunFacts, type RunIds } from '../input/run-identity.ts'
import { show } from '../input/text.ts'
import type { CleanupPolicy } from '../model/declaration.ts'
import type { ApprovedPlan } from '../model/effect.ts'
import type { Command, RunIdentity, RunName } from '../model/run.ts'
import { TOOL_VERSION } from '../version.ts'
import { checkProven, readApprovedPlan } from './approved-plan-file.ts'
import { type InputOptions, readInput } from './read-input.ts'

export interface StartOptions extends Omit<InputOptions, 'environment'> {
  readonly command: RunName
  /** --claim, before RDS_PROVISION_CLAIM. */
  readonly claim: string | null
  readonly variables: Variables
  readonly environment: RunEnvironment
  readonly cwd: string
  readonly startedAt: Date
  /** The approved plan, packed, where it does not come as a file; absent: as the environment says. */
  readonly packedPlan?: string | null
  /** Whether this declaration needs a build id outside of dev (src/README.md: Build and run ids). */
  readonly needsBuildId: (parsed: ParsedInput) => boolean
}

/** An input that cannot be used has a run and an audit too; `parsed` is then what could be read of it. */
export type StartedRun = IdentifiedRun & ({ readonly parsed: ParsedInput; readonly error: null } | UnusableRun)

export interface UnusableRun extends IdentifiedRun {
  readonly parsed: ParsedInput | null
  readonly error: InvalidInputError
}

interface IdentifiedRun {
  readonly identity: RunIdentity
  /** The input, decoded; what could be read of it. */
  readonly text: string
  /** The caller or the CI system gave the run id, so that concurrent processes of one run have the same. */
  readonly isRunIdGiven: boolean
}

const NO_IDS: RunIds = { buildId: null, runId: null }
const NOT_ALLOWED = {
  allowProvision: false,
  approvedPlan: null,
  allowDestroy: false,
  allowTakeover: false,
  cleanupPolicy: null,
}

/** What a program gives that starts a run: nothing is read from the process, its environment or a CI system. */
export interface ProgramRun {
  readonly command: Command
  /** The declaration as JSON text, or base64gzip of it. */
  readonly input: string
  /** Counts where the declaration has none. Outside of dev, apply and destroy need one. */
  readonly buildId?: string
  /** Counts where the declaration has none; without both the run gets one. */
  readonly runId?: string
  /** Outside of dev, apply needs it (src/README.md: Guardrails). Default false. */
  readonly allowProvision?: boolean
  /** Approves this plan and no other, in dev too (src/README.md: What was approved). Default: whatever is to do. */
  readonly approvedPlan?: ApprovedPlan
  /** Outside of dev, what an apply was asked to delete needs it, where the request had it not. Default false. */
  readonly allowDestroy?: boolean
  /** Replaces the declared policies for this run. Default: they stand. */
  readonly cleanupPolicy?: CleanupPolicy
  /** What another state has claimed may be taken over (src/README.md: One application, one state). Default false. */
  readonly allowTakeover?: boolean
  /** The claim that the run has, where the declaration has none. */
  readonly claim?: string
}

/** Where a run's declaration, ids and approval come from. */
interface Origin extends Pick<StartOptions, 'command' | 'startedAt' | 'needsBuildId' | 'claim'> {
  readonly environment: RunFacts['variables'] & Pick<RunEnvironment, 'claim' | 'problems'>
  /** The declaration as JSON text. @throws InvalidInputError */
  readonly readInput: () => Promise<string>
  /** @throws InvalidInputError */
  readonly readApprovedPlan: () => Promise<ApprovedPlan | null>
  /** Where its effects are given. */
  readonly planField: string
  readonly readCiIds: () => Promise<RunIds>
}

/** Everything wrong at once: the run's variables, the input, and a missing build id. */
export async function startRun(options: StartOptions): Promise<StartedRun> {
  return startFrom({
    ...options,
    readInput: () => readInput(options),
    readApprovedPlan: () => readApprovedPlan(options.environment, options.packedPlan ?? null),
    planField: 'RDS_PROVISION_PLAN_FILE',
    readCiIds: () => readCiIds(options.variables, options.cwd),
  })
}

/**
 * Starts a run of the library.
 * @returns the declaration and the run's identity; where the input cannot be used, everything that is wrong with it in
 *   `error`, and `endUnusable` makes the run's audit.
 */
export async function start({ command, input, claim, ...given }: ProgramRun): Promise<StartedRun> {
  const { buildId, runId, ...allowed } = { ...NO_IDS, ...NOT_ALLOWED, ...given }
  const { approvedPlan, allowDestroy, allowTakeover, cleanupPolicy } = allowed
  const allowProvision = allowed.allowProvision || approvedPlan !== null
  const problems = [...checkId('buildId', buildId), ...checkId('runId', runId)]
  return startFrom({
    command,
    startedAt: new Date(),
    claim: claim ?? null,
    environment: {
      allowProvision,
      refusedApproval: null,
      allowDestroy,
      allowTakeover,
      cleanupPolicy,
      claim: null,
      buildId,
      runId,
      problems,
    },
    readApprovedPlan: () => Promise.resolve(approvedPlan),
    planField: 'approvedPlan',
    needsBuildId: () => command !== 'plan' && command !== 'report',
    readInput: () => Promise.resolve().then(() => decodeInput(input)),
    readCiIds: () => Promise.resolve(NO_IDS),
  })
}

async function startFrom(origin: Origin): Promise<StartedRun> {
  const { text, parsed: declared, isBuildIdRefused, problems } = await readDeclaration(origin)
  const { parsed, problems: claimProblems } = withClaim(origin, declared)
  const { approvedPlan, problems: planProblems } = await findApprovedPlan(origin, parsed)
  const facts = { ...(await gatherFacts(origin, parsed, text)), approvedPlan }
  const needsBuildId = parsed !== null && origin.needsBuildId(parsed) && !isBuildIdRefused
  const { identity, missing } = identify(facts, needsBuildId)
  const identified = { identity, text, isRunIdGiven: identity.runId !== facts.uuid }
  const all = [...origin.environment.problems, ...problems, ...claimProblems, ...planProblems, ...missing]
  if (all.length === 0 && parsed !== null) return { ...identified, parsed, error: null }
  return { ...identified, parsed, error: new InvalidInputError([...all, ...approvalsOf(origin, parsed, identity)]) }
}

/** Who has to mend the input is told at once that nobody approved the run either. */
function approvalsOf({ command }: Origin, parsed: ParsedInput | null, identity: RunIdentity): readonly Problem[] {
  return command === 'apply' && parsed !== null ? checkApproval(parsed.declaration, identity) : []
}

/**
 * The declaration with the claim that was given beside it. That of the input stands: in the environment there may be
 * another state's.
 */
function withClaim(
  { claim: given, environment }: Origin,
  parsed: ParsedInput | null,
): { readonly parsed: ParsedInput | null; readonly problems: readonly Problem[] } {
  const problems = checkClaim('claim', given)
  if (parsed === null) return { parsed, problems }
  const declared = parsed.declaration.claim
  const claim = declared ?? given ?? environment.claim
  const own = declared === null || given === null || given === declared ? [] : [otherClaim(given, declared)]
  const isByHand = declared === null && claim !== null
  const declaration = { ...parsed.declaration, claim, isByHand }
  return { parsed: { ...parsed, declaration }, problems: [...problems, ...own] }
}

function otherClaim(given: string, declared: string): Problem {
  return {
    application: null,
    code: 'invalid_value',
    field: 'claim',
    message: `${show(given)} is not the claim of the input, which is ${declared}.`,
    remedy: 'Leave one of the two out.',
  }
}

interface InputRead {
  readonly text: string
  readonly parsed: ParsedInput | null
  readonly isBuildIdRefused: boolean
  readonly problems: readonly Problem[]
}

async function readDeclaration(origin: Origin): Promise<InputRead> {
  let text = ''
  try {
    text = await origin.readInput()
    const parsed = parseDeclaration(text, origin.command === 'destroy' ? 'removal' : 'stack')
    return { text, parsed, isBuildIdRefused: false, problems: [] }
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error
    const { readable: parsed, isBuildIdRefused } =
      error instanceof DeclarationError ? error : { readable: null, isBuildIdRefused: false }
    return { text, parsed, isBuildIdRefused, problems: error.problems }
  }
}

/** Its effects are proven here, where the declaration is known too; a removal goes by none of them. */
async function findApprovedPlan(
  origin: Origin,
  parsed: ParsedInput | null,
): Promise<{ readonly approvedPlan: ApprovedPlan | null; readonly problems: readonly Problem[] }> {
  try {
    const approvedPlan = await origin.readApprovedPlan()
    const isApply = origin.command === 'apply' && parsed !== null
    const problems = isApply ? checkProven(origin.planField, parsed.declaration, approvedPlan) : []
    return { approvedPlan, problems }
  } catch (error) {
    if (error instanceof InvalidInputError) return { approvedPlan: null, problems: error.problems }
    throw error
  }
}

async function gatherFacts(
  origin: Origin,
  parsed: ParsedInput | null,
  text: string,
): Promise<Omit<RunFacts, 'needsBuildId' | 'approvedPlan'>> {
  const declared = parsed ?? NO_IDS
  return {
    command: origin.command,
    environment: parsed?.declaration.environment ?? null,
    declared,
    variables: origin.environment,
    ci: idsAreGiven(declared, origin.environment) ? NO_IDS : await origin.readCiIds(),
    startedAt: origin.startedAt,
    uuid: randomUUID(),
    toolVersion: TOOL_VERSION,
    inputSha256: createHash('sha256').update(text).digest('hex'),
  }
}

/** Without a build id that it needs, a run still has an identity, for its audit. */
function identify(
  facts: Omit<RunFacts, 'needsBuildId'>,
  needsBuildId: boolean,
): { readonly identity: RunIdentity; readonly missing: readonly Problem[] } {
  try {
    return { identity: resolveRun({ ...facts, needsBuildId }), missing: [] }
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error
    return { identity: resolveRun({ ...facts, needsBuildId: false }), missing: error.problems }
  }
}
