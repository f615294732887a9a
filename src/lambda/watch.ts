/**
 * The function on a schedule: one line of its log says what somebody changed by hand, and whose login ends soon
 * (src/README.md: The functions by themselves). It changes nothing.
 */
import { randomUUID } from 'node:crypto'
import { shortLine } from '../audit/one-line.ts'
import { printableJson } from '../audit/json-lines.ts'
import { describeProblem } from '../errors.ts'
import { readAwsEnvironment } from '../input/aws-environment.ts'
import type { Variables } from '../input/environment.ts'
import type { Criteria } from '../input/report-options.ts'
import { describeEffect } from '../model/effect.ts'
import type { Section } from '../report/report.ts'
import { createDependencies } from '../run/dependencies.ts'
import { toProvisionError } from '../run/end/provision-error.ts'
import { previewApply } from '../run/plan.ts'
import { lookForReport } from '../run/report.ts'
import type { FunctionProcess, Invocation } from './function/handler.ts'
import { limitTime, ownCaFile } from './own-process.ts'
import { beginOwnRun } from './own-run.ts'

/** Days before its `valid_until` that a login is told. */
export const EXPIRES_VARIABLE = 'RDS_PROVISION_EXPIRES_WITHIN_DAYS'
const EXPIRES_DAYS = 14

/** One event of CloudWatch holds 256 KiB; so many lines tell a person enough. */
const MOST_LINES = 50

/** What a metric filter looks at: `{ $.type = "watch" && $.attention > 0 }`. */
interface WatchLine {
  readonly type: 'watch'
  readonly environment: string | null
  readonly stack: string | null
  readonly instance: string | null
  /** How many things want attention; 1 where nobody could look. */
  readonly attention: number
  readonly drift: number
  readonly expiring: number
  /** Why nobody could look. */
  readonly error: string | null
  readonly lines: readonly string[]
}

export type WatchServer = (event: unknown, invocation: Invocation) => Promise<null>

export function createWatch({ variables, log }: FunctionProcess): WatchServer {
  return async (_event, invocation) => {
    const line = await look(variables, invocation).catch(failedLine)
    log(`${printableJson({ ...line, lines: line.lines.slice(0, MOST_LINES).map(shortLine) })}\n`)
    return null
  }
}

async function look(variables: Variables, invocation: Invocation): Promise<WatchLine> {
  const time = limitTime(invocation.getRemainingTimeInMillis())
  try {
    const { declaration: declared, identity } = await beginOwnRun(variables, 'plan', randomUUID())
    const declaration = {
      ...declared,
      connectTimeoutSeconds: Math.min(declared.connectTimeoutSeconds, time.seconds),
    }
    const dependencies = createDependencies({
      signal: time.signal,
      defaultCaFile: ownCaFile(variables),
      awsEnvironment: readAwsEnvironment(variables),
    })
    const { effects, blocked } = await previewApply(declaration, identity, dependencies)
    const drift = [...effects.map(describeEffect), ...blocked.map(describeProblem)]
    const options = { criteria: ALL, expiresWithinDays: daysIn(variables), secretsOlderThanDays: Infinity }
    const sections = await lookForReport({ declaration, identity, dependencies }, options, new Set(), new Date())
    const expiring = expiringIn(sections)
    const { environment, stack, instance } = declaration
    return {
      type: 'watch',
      environment,
      stack,
      instance: `${instance.host}:${String(instance.port)}`,
      attention: drift.length + expiring.length,
      drift: drift.length,
      expiring: expiring.length,
      error: null,
      lines: [...drift, ...expiring],
    }
  } finally {
    time.end()
  }
}

const ALL: Criteria = { environment: null, application: null, database: null, build: null, since: null, until: null }

function daysIn(variables: Variables): number {
  const text = variables[EXPIRES_VARIABLE] ?? ''
  return /^\d{1,4}$/.test(text) ? Number(text) : EXPIRES_DAYS
}

/** `keycloak_dev_user (keycloak): expires 2027-01-01T00:00:00.000Z` */
function expiringIn(sections: readonly Section[]): readonly string[] {
  const rows = sections.find(({ id }) => id === 'expiring')?.rows ?? []
  return rows.map(({ cells: [username, application, validUntil, , state] }) => {
    const whose = application === null || application === undefined ? '' : ` (${String(application)})`
    return `${String(username)}${whose}: ${String(state)} ${String(validUntil)}`
  })
}

function failedLine(thrown: unknown): WatchLine {
  const error = toProvisionError(thrown).message
  return {
    type: 'watch',
    environment: null,
    stack: null,
    instance: null,
    attention: 1,
    drift: 0,
    expiring: 0,
    error,
    lines: [error],
  }
}
