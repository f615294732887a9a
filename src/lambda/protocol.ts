/** What the client asks the function, and how it is parsed there (src/README.md: The function). Pure. */
import * as v from 'valibot'
import { COMMAND_NAMES } from '../model/run.ts'
import { GENERATE } from './generated.ts'

/** Raised where an older side would misunderstand a newer one; a field that it may pass over raises nothing. */
export const PROTOCOL = 1

/** The only variables of the runner's environment that travel: approvals, ids, and a policy for one run. */
export const VARIABLES = [
  'ALLOW_DB_PROVISION',
  'ALLOW_DB_DESTROY',
  'ALLOW_DB_TAKEOVER',
  'RDS_CLEANUP_POLICY',
  'RDS_PROVISION_BUILD_ID',
  'RDS_PROVISION_CLAIM',
  'RDS_PROVISION_RUN_ID',
] as const

export const TEXT_OR_NULL = v.nullable(v.string())
export const TIME = v.pipe(
  v.string(),
  v.check((text) => !Number.isNaN(Date.parse(text)), 'is no time'),
  v.transform((text) => new Date(text)),
)

/** A signed GetCallerIdentity, as far as the function cannot tell it by itself. */
const PROOF = v.object({
  /** When it was signed: 20261127T142400Z. */
  date: v.string(),
  authorization: v.string(),
  /** Of temporary credentials. */
  token: TEXT_OR_NULL,
})
export type Proof = v.InferOutput<typeof PROOF>

/** Outside of the request, which the proof is for: what can be told before anything of it is trusted. */
const ENVELOPE = v.object({ protocol: v.number(), tool_version: v.string(), request: v.string(), proof: PROOF })
export type Envelope = v.InferOutput<typeof ENVELOPE>

const REMOVAL = v.variant('kind', [
  v.object({
    kind: v.literal('target'),
    target: v.object({ by: v.picklist(['application', 'build-id', 'cluster-name']), value: v.string() }),
  }),
  v.object({ kind: v.literal('request'), application: v.string(), marker: TEXT_OR_NULL }),
  v.object({ kind: v.literal('requested') }),
])

/** Where a removal that waits for its snapshot goes on. */
export const RESUME = v.object({
  /** When its databases were closed, by the server's clock. */
  closed_at: TIME,
  databases: v.array(v.string()),
})
export type Resume = v.InferOutput<typeof RESUME>

const REPORT = v.object({
  environment: TEXT_OR_NULL,
  application: TEXT_OR_NULL,
  database: TEXT_OR_NULL,
  build: TEXT_OR_NULL,
  since: v.nullable(TIME),
  until: v.nullable(TIME),
  expires_within_days: v.number(),
  secrets_older_than_days: v.number(),
  /** What the audit files on the runner prove (`provenBuilds`). */
  known: v.array(v.string()),
  /** The lines of an access review instead; absent before 1.1. */
  review: v.optional(v.boolean(), false),
})

/** One plan and no other, as ALLOW_DB_PROVISION says: the function proves what comes along by the digest. */
const APPROVED_PLAN = v.object({
  /** Packed (`packPlan`); null: only the digest is known. */
  plan: TEXT_OR_NULL,
  /** A turn before has begun it, and what was there already is told. */
  is_begun: v.boolean(),
})

const REQUEST = v.object({
  /** Of one process of the client, over all its turns. */
  id: v.pipe(v.string(), v.uuid()),
  /** From 1 on: a run that needs more time than a function has is gone on with in another turn. */
  turn: v.pipe(v.number(), v.integer(), v.minValue(1)),
  /** So much of `connect_timeout` is used up, in milliseconds: by turns before that did not reach the server. */
  waited_ms: v.optional(v.pipe(v.number(), v.minValue(0)), 0),
  command: v.picklist(COMMAND_NAMES),
  /** base64gzip of the declaration. */
  input: v.string(),
  variables: v.record(v.string(), v.string()),
  /** Of removals that may share a snapshot. */
  run_group: v.string(),
  /** Authorities of the server's certificate, as the runner has them; null: those that come with the program. */
  ca_pem: TEXT_OR_NULL,
  removal: v.nullable(REMOVAL),
  /** Only look, and say it so; null: do it. */
  tell: v.nullable(
    v.object({ json: v.boolean(), document: v.boolean(), colour: v.boolean(), list_unchanged: v.boolean() }),
  ),
  report: v.nullable(REPORT),
  /** A declaration of what is there instead; absent before 1.1, where `tell` stands for it. */
  generate: v.optional(v.nullable(GENERATE), null),
  resume: v.nullable(RESUME),
  /** null: whatever there is to do is approved, or nothing is. */
  approved_plan: v.optional(v.nullable(APPROVED_PLAN), null),
  /** All lines at once, compressed, since nobody sees them before the end. */
  packed: v.boolean(),
})
export type FunctionRequest = v.InferOutput<typeof REQUEST>
/** What differs from turn to turn. */
export type Turn = Pick<FunctionRequest, 'turn' | 'resume' | 'waited_ms'>
/** What is the same in all turns, however it is answered; of `approved_plan` later turns may know more. */
export type TurnlessRequest = Omit<FunctionRequest, 'packed' | keyof Turn>

/** @returns null: it is none that this release can read. */
export function parseEnvelope(event: unknown): Envelope | null {
  const parsed = v.safeParse(ENVELOPE, event)
  return parsed.success ? parsed.output : null
}

/** @returns the request, or which field of it is wrong: `turn: …` */
export function parseRequest(text: string): FunctionRequest | string {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), REQUEST), text)
  if (parsed.success) return parsed.output
  const [issue] = parsed.issues
  return `${v.getDotPath(issue) ?? 'request'}: ${issue.message}`
}
