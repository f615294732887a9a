/** Faults to plant in `src`, one at a time: a walk has to find each (`npm run test:walk -- --faults`). */
import type { Edit } from '../planted.ts'

export interface Fault extends Edit {
  readonly what: string
}

const PLANNER: readonly Fault[] = [
  {
    what: 'the admin stays a member',
    file: 'src/plan/memberships-held.ts',
    from: '...(index === last ? release : [])',
    to: '',
  },
  {
    what: 'the admin is no member',
    file: 'src/plan/memberships-held.ts',
    from: '...(index === first ? hold : [])',
    to: '',
  },
  {
    what: 'memberships are not joined',
    file: 'src/plan/plan.ts',
    from: '...roles.flatMap(({ joined }) => joined),',
    to: '',
  },
  { what: 'memberships are not left', file: 'src/plan/plan.ts', from: '...roles.flatMap(({ left }) => left),', to: '' },
  {
    what: 'nothing is done inside',
    file: 'src/plan/plan.ts',
    from: '      ...interiors,\n      ...databases',
    to: '      ...databases',
  },
  {
    what: 'schemas are not made',
    file: 'src/plan/interior.ts',
    from: 'return missingSchemas(database, interior).map((name) => ({',
    to: 'return missingSchemas(database, interior).slice(1).map((name) => ({',
  },
  {
    what: 'a login that is disabled may still log in',
    file: 'src/plan/closing.ts',
    from: '...(cluster.roles.get(username)?.canLogin === true ? [close] : []),',
    to: '',
  },
  {
    what: 'what a guest owned before goes with it',
    file: 'src/plan/departures.ts',
    from: 'const isNone = request.ownsNone === true || (',
    to: 'const isNone = (',
  },
  {
    what: 'what another state has is taken over',
    file: 'src/model/claim.ts',
    from: "return declaration.claim === null ? 'unproven' : 'other_state'",
    to: "return declaration.claim === null ? 'unproven' : 'ours'",
  },
  {
    what: 'an application that left is not remembered',
    file: 'src/plan/removal-ends.ts',
    from: 'commentOnRole(username, formatTag(asked))',
    to: 'commentOnRole(username, formatTag(tag))',
  },
]

const STATEMENTS: readonly Fault[] = [
  {
    what: 'on a database, all but one of what is taken away is kept',
    file: 'src/sql/database.ts',
    from: 'REVOKE ${privileges.join',
    to: 'REVOKE ${privileges.slice(-1).join',
  },
  {
    what: 'a limit of connections is one off',
    file: 'src/sql/role.ts',
    from: 'String(attributes.connectionLimit)',
    to: 'String(attributes.connectionLimit + 1)',
  },
  {
    what: 'default privileges of the wrong schema',
    file: 'src/sql/interior.ts',
    from: "schema === null ? '' : ` IN SCHEMA",
    to: "schema !== null ? '' : ` IN SCHEMA",
  },
  {
    what: 'a schema is granted to PUBLIC',
    file: 'src/sql/interior.ts',
    from: 'ON SCHEMA ${quoteIdentifier(schema)} TO ${quoteGrantee(role)}',
    to: "ON SCHEMA ${quoteIdentifier(schema)} TO ${quoteGrantee('')}",
  },
]

const EXECUTION: readonly Fault[] = [
  {
    what: 'a role that was acted as is not given back',
    file: 'src/execute/script.ts',
    from: 'if (statement.runAs !== role) {',
    to: 'if (statement.runAs !== null && statement.runAs !== role) {',
  },
  {
    what: 'an answer that was lost is forgotten',
    file: 'src/execute/execute.ts',
    from: 'this.unknown.push(outcome.steps)',
    to: 'void outcome.steps',
  },
  {
    what: 'an answer that was lost counts as given',
    file: 'src/execute/transaction.ts',
    from: "if (error instanceof ConnectionLost) return { kind: 'unknown', steps, others: [], error, applied: [] }",
    to: `if (error instanceof ConnectionLost)
        return {
          kind: 'applied',
          applied: steps.map((step) => ({ step, statements: step.statements, durationMs: 0, retries: 0 })),
        }`,
  },
  {
    what: 'what was under way counts as done',
    file: 'src/run/apply/ledger.ts',
    from: 'partition(known, (transaction) => transaction.some(isOpen))',
    to: 'partition(known, (transaction) => transaction.length === 0)',
  },
  {
    what: 'a connection that broke is not made anew',
    file: 'src/run/apply/converge.ts',
    from: 'if (signal.aborted || !(isLost(error) || (reconnects > 0 && isReplica(error)))) return ledger.giveUp(error)',
    to: 'if (error !== null) return ledger.giveUp(error)',
  },
  {
    what: 'a run ends after its first round',
    file: 'src/run/apply/converge.ts',
    from: 'if (plan.jobs.length === 0) {',
    to: 'if (plan.jobs.length === 0 || number > 1) {',
  },
  {
    what: 'a database that was opened for a look stays open',
    file: 'src/run/removal/close-again.ts',
    from: 'if (opened.length === 0) return',
    to: 'if (opened.length >= 0) return',
  },
  {
    what: 'a database that was only full is shut as well',
    file: 'src/plan/admission.ts',
    from: 'now.allowConnections && !wasOpen',
    to: 'now.allowConnections',
  },
  {
    what: 'a database is closed again before its guest has left it',
    file: 'src/run/removal/rounds.ts',
    from: 'const others = await lookAtOthers(server, examination, waiting)',
    to: 'await closeAgain(context, server, closed)\n  const others = await lookAtOthers(server, examination, waiting)',
  },
]

const AUDIT: readonly Fault[] = [
  {
    what: 'a record has no statements',
    file: 'src/execute/draft.ts',
    from: '...tellStep(step, statements)',
    to: '...tellStep(step, statements.slice(1))',
  },
  {
    what: 'what was removed is not told',
    file: 'src/audit/recorder.ts',
    from: 'records.push(record)\n',
    to: "if (record.status !== 'removed') records.push(record)\n",
  },
  {
    what: 'the summary counts none twice',
    file: 'src/audit/recorder.ts',
    from: 'for (const record of records) counts[record.status] += 1',
    to: 'for (const record of records) counts[record.status] = 1',
  },
  {
    what: 'a run that changed something says that it did not',
    file: 'src/run/end/record-run.ts',
    from: 'const isChanged = records.some(isChange)',
    to: 'const isChanged = records.length < 0 && records.some(isChange)',
  },
  {
    what: 'verifiers stand in the audit',
    file: 'src/model/step.ts',
    from: 'const redacted = statements.map((statement) => statement.redacted)',
    to: 'const redacted = statements.map((statement) => statement.reveal())',
  },
  {
    what: 'what was blocked has no record',
    file: 'src/run/end/record-run.ts',
    from: '    ...blockedRecords(concerned, [...blocked, ...stopped]),\n',
    to: '    ...blockedRecords(concerned, stopped),\n',
  },
]

export const FAULTS: readonly Fault[] = [...PLANNER, ...STATEMENTS, ...EXECUTION, ...AUDIT]
