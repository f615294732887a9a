/** What `plan` found, as its printed forms are made from it. Types and pure functions. */
import type { Problem } from '../model/problem.ts'
import type { AuditStatus } from '../model/audit.ts'
import type { ServerFacts } from '../model/catalog.ts'
import type { Declaration } from '../model/declaration.ts'
import type { Effect } from '../model/effect.ts'
import type { RunIdentity } from '../model/run.ts'
import { type Plan, tellStep, type ToldStep } from '../model/step.ts'

export interface Preview {
  readonly declaration: Pick<Declaration, 'environment' | 'stack' | 'clusterName' | 'instance'>
  readonly identity: RunIdentity
  /** null: the server was not asked, or what it said blocks. */
  readonly server: ServerFacts | null
  /** Of the applications that nothing blocks; empty where the whole run would be stopped. */
  readonly plan: Plan
  /** What the apply would bring about, by rule, without the removals that it would carry out. */
  readonly effects: readonly Effect[]
  /** Approves exactly these (src/README.md: What was approved); null: there is no plan, or it is a removal's. */
  readonly digest: string | null
  /** Guardrails that would block the apply, or single applications of it, whoever approves it. */
  readonly blocked: readonly Problem[]
  /** Applications that the apply would leave as they are: those that are blocked, and the guests of their databases. */
  readonly leftOut: readonly string[]
  /** Whether the apply would stop before its first change; otherwise it leaves out what is blocked. */
  readonly stopped: boolean
  /** The approval that the apply would need and this run does not have; a plan needs none (src/README.md: Commands). */
  readonly approval: Problem | null
  /**
   * Sentences: why the apply may come to something else. Somebody else changed the server, or may have, while it was
   * looked at; or the inside of a database cannot be seen yet.
   */
  readonly moving: readonly string[]
}

/** One step as it is printed: its redacted statements are those that the apply will record. */
export type PlannedChange = ToldStep

/** All changes in the order they run; a CREATE DATABASE with the membership grants around it, as the audit has it. */
export function listChanges(plan: Plan): PlannedChange[] {
  return plan.jobs.flatMap((job) =>
    job.transactions.flatMap((transaction) => {
      if (transaction.kind === 'atomic') return transaction.steps.map((step) => tellStep(step, step.statements))
      return [tellStep(transaction.step, [...transaction.before, ...transaction.step.statements])]
    }),
  )
}

/** How many changes and findings have each status that a plan knows. */
export function countPlan(plan: Plan): Readonly<Record<Exclude<AuditStatus, 'blocked' | 'failed'>, number>> {
  const counts = { created: 0, updated: 0, removed: 0, no_change: 0, skipped: 0, warning: 0 }
  for (const { status } of [...listChanges(plan), ...plan.findings]) counts[status] += 1
  return counts
}
