/** The file of an approved plan, as `plan --out` writes it. Pure. */
import { gzipSync } from 'node:zlib'
import * as v from 'valibot'
import { InvalidInputError } from '../errors.ts'
import type { ApprovedPlan } from '../model/effect.ts'
import { decodeInput } from './decode.ts'

const TEXT_OR_NULL = v.nullable(v.string())
const FILE = v.object({
  digest: v.string(),
  effects: v.array(
    v.object({
      application: TEXT_OR_NULL,
      database: TEXT_OR_NULL,
      username: TEXT_OR_NULL,
      object: v.string(),
      rule: v.string(),
      effect: v.string(),
    }),
  ),
})

/**
 * @param digest the one that was approved
 * @throws InvalidInputError where the text is no plan, or another one's
 */
export function parsePlanFile(text: string, digest: string): ApprovedPlan {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), FILE), text)
  if (!parsed.success) throw refusal('is no plan of this program.')
  if (parsed.output.digest !== digest)
    throw refusal(`is the plan ${parsed.output.digest}, and another one is approved.`)
  return { digest, effects: parsed.output.effects }
}

/** What of a plan's file counts, as it travels: base64gzip. */
export function packPlan(plan: ApprovedPlan): string {
  return gzipSync(JSON.stringify(plan)).toString('base64')
}

/** The opposite: text for `parsePlanFile`. @throws InvalidInputError where it is damaged */
export function unpackPlan(packed: string): string {
  try {
    return decodeInput(packed)
  } catch (error) {
    if (error instanceof InvalidInputError) throw refusal('cannot be unpacked.')
    throw error
  }
}

function refusal(message: string): InvalidInputError {
  const remedy =
    'Give the file that plan --out wrote, of the plan that is approved; or none, and only the digest counts.'
  return new InvalidInputError([
    { application: null, code: 'invalid_value', field: 'RDS_PROVISION_PLAN_FILE', message, remedy },
  ])
}
