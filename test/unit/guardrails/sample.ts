import type { Membership } from '../../../src/model/catalog.ts'
import type { Problem } from '../../../src/model/problem.ts'

/** `application/code: message remedy` of each problem; `-` where it concerns the run. */
export function said(problems: readonly Problem[]): string[] {
  return problems.map(({ application, code, message, remedy }) => `${application ?? '-'}/${code}: ${message} ${remedy}`)
}

/** A membership as GRANT makes it. */
export function membership(role: string, member: string, fields: Partial<Membership> = {}): Membership {
  return { role, member, grantor: 'bootstrap', admin: false, inherit: true, set: true, ...fields }
}
