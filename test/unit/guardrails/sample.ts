import { checkActual } from '../../../src/guardrails/actual.ts'
import type { ClaimRights } from '../../../src/guardrails/claims.ts'
import type { Problem } from '../../../src/model/problem.ts'
import { actual, declare, type State } from '../plan/sample.ts'

/** `application/code: message remedy` of each problem; `-` where it concerns the run. */
export function said(problems: readonly Problem[]): string[] {
  return problems.map(({ application, code, message, remedy }) => `${application ?? '-'}/${code}: ${message} ${remedy}`)
}

/** What a run may do about claims: an apply that takes nothing over. */
export const RUN: ClaimRights = { command: 'apply', takesOver: false }

/** `application/guardrail` of each violation of an apply. */
export function violations(applications: object, state: State = {}, variables: object = {}): string[] {
  return checkActual(declare(applications, variables), actual(state), RUN).map(
    ({ application, field }) => `${application ?? '-'}/${field}`,
  )
}

/** The same with its words. */
export function messages(applications: object, state: State, variables: object = {}): string[] {
  return said(checkActual(declare(applications, variables), actual(state), RUN))
}
