/** What a run of the runner asks the function. */
import { randomUUID } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import type { Variables } from '../../input/environment.ts'
import type { RemovalOptions } from '../../input/options.ts'
import type { ParsedInput } from '../../input/parse.ts'
import { packPlan } from '../../input/plan-file.ts'
import type { RunIdentity } from '../../model/run.ts'
import { type TurnlessRequest, VARIABLES } from '../protocol.ts'

export interface RequestFacts {
  readonly identity: RunIdentity
  readonly parsed: ParsedInput
  /** The input, decoded. */
  readonly text: string
  /** Of the runner. */
  readonly variables: Variables
  readonly removal: RemovalOptions | null
  readonly runGroup: string
  readonly caPem: string | null
}

/** Ids are those that the run has here: the function asks no CI system. */
export function newRequest({
  identity: { runId, buildId, command, approvedPlan },
  parsed: { declaration },
  text,
  variables,
  removal,
  runGroup,
  caPem,
}: RequestFacts): TurnlessRequest {
  if (command === 'rotate') throw new TypeError('a rotation is nobody to ask')
  const given = VARIABLES.flatMap((name): [string, string][] => {
    const value = variables[name] ?? ''
    return value === '' ? [] : [[name, value]]
  })
  const ids = { RDS_PROVISION_RUN_ID: runId, RDS_PROVISION_BUILD_ID: buildId }
  const claim = declaration.claim === null ? {} : { RDS_PROVISION_CLAIM: declaration.claim }
  return {
    id: randomUUID(),
    command,
    input: gzipSync(text).toString('base64'),
    variables: { ...Object.fromEntries(given), ...ids, ...claim },
    run_group: runGroup,
    ca_pem: caPem,
    removal,
    tell: null,
    report: null,
    generate: null,
    approved_plan:
      approvedPlan === null
        ? null
        : { plan: approvedPlan.effects === null ? null : packPlan(approvedPlan), is_begun: false },
  }
}
