import type { Problem } from '../../../src/model/problem.ts'

/** `application/code: message remedy` of each problem; `-` where it concerns the run. */
export function said(problems: readonly Problem[]): string[] {
  return problems.map(({ application, code, message, remedy }) => `${application ?? '-'}/${code}: ${message} ${remedy}`)
}
