/** What ALLOW_DB_PROVISION approves of single plans. */
import { readFile } from 'node:fs/promises'
import { InvalidInputError } from '../errors.ts'
import type { RunEnvironment } from '../input/environment.ts'
import { parsePlanFile, unpackPlan } from '../input/plan-file.ts'
import { show } from '../input/text.ts'
import type { Declaration } from '../model/declaration.ts'
import type { ApprovedPlan } from '../model/effect.ts'
import type { Problem } from '../model/problem.ts'
import { digestOf } from '../plan/effects.ts'

/**
 * @param packed what came along in place of a file; null: nothing
 * @returns the digest, with the effects of its plan where the file is given; null: no single plan is approved
 * @throws InvalidInputError where the file cannot be read, or is that of another plan
 */
export async function readApprovedPlan(
  { approvedDigest: digest, planFile }: Pick<RunEnvironment, 'approvedDigest' | 'planFile'>,
  packed: string | null,
): Promise<ApprovedPlan | null> {
  if (digest === null) return null
  if (packed !== null) return parsePlanFile(unpackPlan(packed), digest)
  return planFile === null ? { digest, effects: null } : parsePlanFile(await readPlanFile(planFile), digest)
}

async function readPlanFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const message = `cannot be read: ${error instanceof Error ? error.message : String(error)}.`
    const remedy = 'Give the path of the file that plan --out wrote; without it only the digest counts.'
    const problem = { application: null, code: 'unreadable_input', field: 'RDS_PROVISION_PLAN_FILE', message } as const
    throw new InvalidInputError([{ ...problem, remedy }], { cause: error })
  }
}

/**
 * Effects that come along permit something only where they are those that the digest was made of (src/README.md: What
 * was approved).
 * @param field where they were given
 */
export function checkProven(field: string, declaration: Declaration, approved: ApprovedPlan | null): Problem[] {
  const effects = approved?.effects ?? null
  if (approved === null || effects === null || digestOf(declaration, effects) === approved.digest) return []
  const { environment, stack, instance } = declaration
  const where = `${environment}, stack ${show(stack)}, instance ${show(instance.identifier)}`
  return [
    {
      application: null,
      code: 'invalid_value',
      field,
      message: `does not hold the effects of plan:${approved.digest} for ${where}: it was edited, or is another one's.`,
      remedy:
        'Give the file as plan --out wrote it, of the plan that is approved; or none, and only the digest counts.',
    },
  ]
}
