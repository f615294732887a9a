import type { Problem } from '../errors.ts'
import type { Application } from '../model/declaration.ts'

/** Guardrail of its own: the only one that the master can lift. */
export const MISSING_RIGHT = 'missing right'

/** One violation; `guardrail` is its name in design §7. */
export function violation(
  application: Application | null,
  guardrail: string,
  message: string,
  remedy: string,
): Problem {
  return { application: application?.name ?? null, field: guardrail, message, remedy }
}
