/**
 * AWS in the first apply of a stack: a secret, a permission or a role that was made seconds ago is refused as one that
 * is not there, so it is asked for again (src/README.md: What AWS does not know yet).
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { AwsError } from '../../errors.ts'
import type { Credential } from '../../model/credential.ts'
import type { Declaration } from '../../model/declaration.ts'
import type { Problem, ProblemCode } from '../../model/problem.ts'
import type { RunIdentity } from '../../model/run.ts'
import type { SecretReader } from '../../secrets/secret-reader.ts'
import type { Dependencies } from '../context.ts'
import { assertNotInterrupted } from '../outcome.ts'

/** What AccessDenied and ResourceNotFound come to. */
const NOT_YET: ReadonlySet<ProblemCode> = new Set([
  'secret_not_found',
  'secret_empty',
  'secret_denied',
  'secret_undecryptable',
  'assume_role_denied',
])

/**
 * From the claim of a state, which is made as the first thing of an apply, to its first provisioning: the making of an
 * instance lies between them, which Terraform waits for up to two hours.
 */
const NEW_STACK_MS = 7_200_000
const SETTLING_MS = 30_000
const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 5_000

/** How long AWS has to get to know what was made, in milliseconds from the first question on, and who is told. */
export interface Settling extends Pick<Dependencies, 'signal' | 'progress'> {
  readonly timeoutMs: number
}

/** The same dependencies, patient with AWS where `declaration` was made in the apply that runs it. */
export function patientWithAws(
  { stackMadeAt }: Declaration,
  { startedAt }: RunIdentity,
  dependencies: Dependencies,
): Dependencies {
  if (stackMadeAt === null || startedAt.getTime() - stackMadeAt.getTime() > NEW_STACK_MS) return dependencies
  const { signal, progress, secrets, actor, iamToken } = dependencies
  const settling = { signal, progress, timeoutMs: SETTLING_MS }
  return {
    ...dependencies,
    secrets: (aws) => patientReader(secrets(aws), settling),
    actor: async (aws) => untilSettled(settling, () => actor(aws)),
    iamToken: async (endpoint, username, aws) => untilSettled(settling, () => iamToken(endpoint, username, aws)),
  }
}

/** Reads again what cannot be read yet; what was read is not asked for twice. */
export function patientReader(reader: SecretReader, settling: Settling): SecretReader {
  return {
    readCurrent: async (ids) => {
      const credentials = new Map<string, Credential>()
      const problems = new Map<string, Problem>()
      let open: readonly string[] = ids
      const read = async (): Promise<Problem | null> => {
        const found = await reader.readCurrent(open)
        for (const [id, credential] of found.credentials) credentials.set(id, credential)
        for (const id of open) problems.delete(id)
        for (const [id, problem] of found.problems) problems.set(id, problem)
        open = [...found.problems].flatMap(([id, { code }]) => (NOT_YET.has(code) ? [id] : []))
        return found.problems.get(open[0] ?? '') ?? null
      }
      await untilSettled(settling, read, (problem) => problem)
      return { credentials: inOrder(ids, credentials), problems: inOrder(ids, problems) }
    },
    readStage: async (id, stage) => untilSettled(settling, () => reader.readStage(id, stage)),
  }
}

function inOrder<T>(ids: readonly string[], found: ReadonlyMap<string, T>): ReadonlyMap<string, T> {
  return new Map(
    ids.flatMap((id) => {
      const item = found.get(id)
      return item === undefined ? [] : [[id, item] as const]
    }),
  )
}

/**
 * Tries until AWS knows what was asked for, or the time is over: then the last answer counts, whatever it is.
 * @param reasonIn what an answer says is not there yet; null: nothing
 */
async function untilSettled<T>(
  { timeoutMs, signal, progress }: Settling,
  attempt: () => Promise<T>,
  reasonIn: (answer: T) => Problem | null = () => null,
): Promise<T> {
  const started = Date.now()
  let told = ''
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 1.5, LONGEST_PAUSE_MS)) {
    const { reason, answer } = await attempt().then(
      (value) => ({ reason: reasonIn(value), answer: () => value }),
      (error: unknown) => ({
        reason: reasonOf(error),
        answer: (): T => {
          throw error
        },
      }),
    )
    if (reason === null || Date.now() - started + pause > timeoutMs) return answer()
    // What is wrong is told once, when the time is over.
    const line = `waiting up to ${String(timeoutMs / 1000)} s for ${reason.field} (${reason.code}): it may have been made just now`
    if (line !== told) progress(line)
    told = line
    await sleep(pause, undefined, { signal }).catch(() => undefined)
    assertNotInterrupted(signal)
  }
}

function reasonOf(error: unknown): Problem | null {
  if (!(error instanceof AwsError)) return null
  return error.problems.find(({ code }) => NOT_YET.has(code)) ?? null
}
