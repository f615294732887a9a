import { InvalidInputError } from '../../../src/errors.ts'
import type { Problem } from '../../../src/model/problem.ts'
import { parseDeclaration } from '../../../src/input/parse.ts'
import type { ParsedInput } from '../../../src/input/parse.ts'

/** The least that a declaration can say. */
export const LEAST = {
  environment: 'dev',
  instance: { host: 'db-1.abc.eu-central-1.rds.amazonaws.com' },
  admin_secret_id: 'platform/dev/admin',
}

/** Parses LEAST with these fields besides. */
export function parse(fields: object = {}): ParsedInput {
  return parseDeclaration(JSON.stringify({ ...LEAST, ...fields }))
}

/** Parses LEAST with these applications. */
export function parseApps(applications: object): ParsedInput {
  return parse({ application_databases: applications })
}

/** The problems that the work throws as one InvalidInputError; none where it succeeds. */
export function problemsOf(work: () => unknown): readonly Problem[] {
  try {
    work()
  } catch (error) {
    if (error instanceof InvalidInputError) return error.problems
    throw error
  }
  return []
}

/** `application/field` of each problem, sorted: what is wrong where. */
export function fieldsOf(work: () => unknown): readonly string[] {
  return problemsOf(work)
    .map(({ application, field }) => `${application ?? '-'}/${field}`)
    .sort()
}
