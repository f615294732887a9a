/** What a case for both stand-ins is, and how what came of it is put. */
import { AwsError } from '../../../src/errors.ts'
import type { AwsSettings } from '../../../src/model/declaration.ts'
import { createSecretReader } from '../../../src/secrets/aws-secret-reader.ts'
import { AWS_SETTINGS as SETTINGS } from '../../support/aws.ts'
import type { Side } from '../../support/aws/sides.ts'

/** Where moto does not answer as AWS does (5.2.5): why, and what it comes to there, so that the list stays true. */
export interface Lax {
  readonly why: string
  readonly expected: unknown
}

export interface AlikeCase {
  readonly title: string
  /** What came of it, as plain data: codes of problems, passwords, … */
  readonly play: (side: Side) => Promise<unknown>
  readonly expected: unknown
  readonly moto?: Lax
}

export const login = (password: string): object => ({ username: 'u', password })

/** By id: the password that was read, or the code of what is wrong. */
export async function read(ids: readonly string[], settings: AwsSettings = SETTINGS): Promise<readonly unknown[]> {
  const { credentials, problems } = await createSecretReader(settings).readCurrent(ids)
  return ids.map((id) => credentials.get(id)?.password.reveal() ?? problems.get(id)?.code)
}

/** The codes of what it ends with, else what it gives. */
export async function codesOr(work: Promise<unknown>): Promise<unknown> {
  try {
    return await work
  } catch (error) {
    if (error instanceof AwsError) return error.problems.map(({ code }) => code)
    throw error
  }
}
