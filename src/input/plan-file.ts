/** The file of an approved plan, as `plan --out` writes it. Pure. */
import { gzipSync } from 'node:zlib'
import * as v from 'valibot'
import { InvalidInputError } from '../errors.ts'
import { PRIVILEGE_TARGETS } from '../model/access-change.ts'
import { ACCESS_LEVELS } from '../model/declaration.ts'
import type { ApprovedPlan } from '../model/effect.ts'
import { decodeInput } from './decode.ts'

const TEXT_OR_NULL = v.nullable(v.string())
const TEXTS = v.array(v.string())
const DETAIL = v.variant('kind', [
  v.object({
    kind: v.literal('grant'),
    privileges: TEXTS,
    on: v.picklist(PRIVILEGE_TARGETS),
    schema: TEXT_OR_NULL,
    level: v.nullable(v.picklist(ACCESS_LEVELS)),
    later: v.boolean(),
  }),
  v.object({ kind: v.literal('taken'), what: v.string(), objects: TEXTS }),
  v.object({ kind: v.literal('loss') }),
])
const PLAN = v.object({
  /** null: the run would be stopped, or the plan is of a part. */
  digest: TEXT_OR_NULL,
  effects: v.array(
    v.object({
      application: TEXT_OR_NULL,
      database: TEXT_OR_NULL,
      username: TEXT_OR_NULL,
      object: v.string(),
      rule: v.string(),
      effect: v.string(),
      detail: v.nullable(DETAIL),
    }),
  ),
})

/**
 * @param digest the one that was approved
 * @throws InvalidInputError where the text is no plan, or another one's
 */
export function parsePlanFile(text: string, digest: string): ApprovedPlan {
  const plan = parsePlan(text)
  if (plan === null) throw refusal('is no plan of this program.')
  if (plan.digest === null) throw refusal('is a plan without a digest, which nobody can approve.')
  if (plan.digest !== digest) throw refusal(`is the plan ${plan.digest}, and another one is approved.`)
  return { digest, effects: plan.effects }
}

/** What a plan as JSON would bring about, whatever is approved; null: it is no plan. */
export function parsePlan(text: string): v.InferOutput<typeof PLAN> | null {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), PLAN), text)
  return parsed.success ? parsed.output : null
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
