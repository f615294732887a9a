import type { Application } from '../model/declaration.ts'
import { type GuardrailCode, GUARDRAILS, type Problem } from '../model/problem.ts'

/** One violation of a guardrail. */
export function violation(
  application: Pick<Application, 'name'> | null,
  code: GuardrailCode,
  message: string,
  remedy: string,
): Problem {
  return { application: application?.name ?? null, code, field: GUARDRAILS[code], message, remedy }
}
