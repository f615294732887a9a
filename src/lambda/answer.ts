/** What the function answers: lines of JSON, and how the client parses them (src/README.md: The function). Pure. */
import { gunzipSync, gzipSync } from 'node:zlib'
import * as v from 'valibot'
import { parseRecord, parseRun } from '../audit/governance/entry.ts'
import { EXIT, type ExitCode } from '../errors.ts'
import type { Generated } from '../generate/types.ts'
import { REPORT_SECTIONS } from '../input/report-options.ts'
import { type AccessMatrix, ORPHAN_STATES } from '../model/access.ts'
import type { AuditRecord, AuditRun } from '../model/audit.ts'
import { ACCESS_LEVELS, LOGIN_METHODS } from '../model/declaration.ts'
import { codeOf, type Problem } from '../model/problem.ts'
import { REVIEW_SECTIONS, type Section } from '../report/report.ts'
import { GENERATED } from './generated.ts'
import { RESUME, type Resume, TEXT_OR_NULL, TIME } from './protocol.ts'

/** Why the run is not at its end: no time was left, or a snapshot is being made. */
export type Again = { readonly why: 'time' } | { readonly why: 'snapshot'; readonly resume: Resume }

/** A run that ended; its records were lines of their own, so many. */
export interface EndedLine {
  readonly type: 'ended'
  readonly tool_version: string
  readonly run: AuditRun
  readonly problems: readonly Problem[]
  readonly matrix: AccessMatrix | null
  readonly records: number
  readonly again: Again | null
  /** The approved plan is begun; packed, where the request had only its digest. null: it is not. */
  readonly begun: { readonly plan: string | null } | null
}

/** Nothing was begun. */
export interface RefusedLine {
  readonly type: 'refused'
  readonly protocol: number
  readonly tool_version: string
  readonly exit_code: ExitCode
  readonly problems: readonly Problem[]
}

/** What a plan, or a removal that is only looked at, says. */
export interface ToldLine {
  readonly type: 'told'
  readonly text: string
  /** The plan as JSON, where it was asked for besides. */
  readonly document: string | null
  readonly summary: string
  readonly blocked: readonly Problem[]
  readonly changes: number
}

/** What the server tells a report. */
export interface SectionsLine {
  readonly type: 'sections'
  readonly sections: readonly Section[]
}

/** What the server has, as a declaration. */
export interface GeneratedLine {
  readonly type: 'generated'
  readonly generated: Generated
}

export type LastLine = EndedLine | RefusedLine | ToldLine | SectionsLine | GeneratedLine

export type Line =
  | { readonly type: 'record'; readonly record: AuditRecord; readonly quiet: boolean }
  | { readonly type: 'progress'; readonly message: string }
  /** Nothing: so that no connection is taken for dead. */
  | { readonly type: 'alive' }
  | LastLine

const PROBLEM = v.object({
  application: TEXT_OR_NULL,
  /** One that this release does not know is a newer one's; its words stand. */
  code: v.pipe(
    v.string(),
    v.transform((code) => codeOf(code) ?? 'defect'),
  ),
  field: v.string(),
  message: v.string(),
  remedy: v.string(),
})

const LOGIN = v.object({
  username: v.string(),
  application: TEXT_OR_NULL,
  accessLevel: v.nullable(v.picklist(ACCESS_LEVELS)),
  auth: v.picklist(LOGIN_METHODS),
  canLogin: v.boolean(),
  createDb: v.boolean(),
  connectionLimit: v.nullable(v.number()),
  memberOf: v.array(v.string()),
  connect: v.boolean(),
  temporary: v.boolean(),
  create: v.boolean(),
  schemas: v.array(v.object({ schema: v.string(), may: v.string() })),
  build: TEXT_OR_NULL,
  validUntil: v.nullable(TIME),
})

const ORPHAN = v.object({
  username: v.string(),
  application: v.string(),
  state: v.picklist(ORPHAN_STATES),
  cleanupPolicy: TEXT_OR_NULL,
  canLogin: v.boolean(),
  databases: v.array(v.string()),
  since: TEXT_OR_NULL,
  build: TEXT_OR_NULL,
})

const MATRIX = v.object({
  environment: v.string(),
  stack: v.string(),
  clusterName: v.string(),
  instance: v.string(),
  databases: v.array(
    v.object({
      database: v.string(),
      owner: v.string(),
      logins: v.array(LOGIN),
      outsideGrants: v.array(v.object({ role: v.string(), privilege: v.string(), on: v.string() })),
      isSeen: v.boolean(),
    }),
  ),
  orphans: v.array(ORPHAN),
})

const SECTION = v.object({
  id: v.picklist([...REPORT_SECTIONS, ...REVIEW_SECTIONS]),
  title: v.string(),
  about: v.string(),
  attention: v.exactOptional(TEXT_OR_NULL),
  columns: v.array(v.object({ key: v.string(), title: v.string() })),
  rows: v.array(
    v.object({
      cells: v.array(v.nullable(v.union([v.string(), v.number()]))),
      environment: v.exactOptional(TEXT_OR_NULL),
      application: v.exactOptional(TEXT_OR_NULL),
      build: v.exactOptional(TEXT_OR_NULL),
      mark: v.exactOptional(v.string()),
      details: v.exactOptional(v.array(v.string())),
    }),
  ),
})

const AGAIN = v.variant('why', [
  v.object({ why: v.literal('time') }),
  v.object({ why: v.literal('snapshot'), resume: RESUME }),
])

/** Of a record and a run only the edge is here: they are parsed as those of files are. */
const LINE = v.variant('type', [
  v.object({ type: v.literal('record'), record: v.unknown(), quiet: v.boolean() }),
  v.object({ type: v.literal('progress'), message: v.string() }),
  v.object({ type: v.literal('alive') }),
  v.object({
    type: v.literal('ended'),
    tool_version: v.string(),
    run: v.unknown(),
    problems: v.array(PROBLEM),
    matrix: v.nullable(MATRIX),
    records: v.number(),
    again: v.nullable(AGAIN),
    begun: v.optional(v.nullable(v.object({ plan: TEXT_OR_NULL })), null),
  }),
  v.object({
    type: v.literal('refused'),
    protocol: v.number(),
    tool_version: v.string(),
    exit_code: v.picklist(Object.values(EXIT)),
    problems: v.array(PROBLEM),
  }),
  v.object({
    type: v.literal('told'),
    text: v.string(),
    document: TEXT_OR_NULL,
    summary: v.string(),
    blocked: v.array(PROBLEM),
    changes: v.number(),
  }),
  v.object({ type: v.literal('sections'), sections: v.array(SECTION) }),
  v.object({ type: v.literal('generated'), generated: GENERATED }),
])

/** One line, with its end. */
export function writeLine(line: Line): string {
  return `${JSON.stringify(line)}\n`
}

/** @returns null: it is none of this protocol, or not whole. */
export function parseLine(text: string): Line | null {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), LINE), text)
  if (!parsed.success) return null
  const line = parsed.output
  if (line.type === 'record') {
    const { value: record } = parseRecord(line.record)
    return record === null ? null : { ...line, record }
  }
  if (line.type === 'ended') {
    const { value: run } = parseRun(line.run)
    return run === null ? null : { ...line, run }
  }
  return line
}

export function isLast(line: Line): line is LastLine {
  return line.type !== 'record' && line.type !== 'progress' && line.type !== 'alive'
}

const PACKED = v.object({ packed: v.string() })

/** All lines as one. */
export function packLines(lines: string): string {
  return `${JSON.stringify({ packed: gzipSync(lines).toString('base64') })}\n`
}

/** The opposite; what is not packed is given as it is. */
export function unpackLines(text: string): string {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), PACKED), text)
  return parsed.success ? gunzipSync(Buffer.from(parsed.output.packed, 'base64')).toString('utf8') : text
}
