/** Steps in transactions that each hold a bounded part of a database (src/README.md: Large catalogs). */
import type { ServerFacts } from '../model/catalog.ts'
import type { AtomicTransaction, PrivilegeStatement, Step } from '../model/step.ts'
import { partOf } from './access-change.ts'
import { chunk } from './chunks.ts'
import { holdMemberships } from './memberships-held.ts'

/** Objects that one transaction names, and locks. */
const OBJECTS_PER_TRANSACTION = 500

/**
 * Steps inside one database. First comes what names no list of objects, default privileges among it: from its commit on
 * nothing new lacks a privilege or has one too many. Then objects, what is taken away before what is given.
 */
export function transactionsInside(server: ServerFacts, steps: readonly Step[]): AtomicTransaction[] {
  if (count(steps) <= OBJECTS_PER_TRANSACTION) return steps.length === 0 ? [] : [divisible(server, steps)]
  const first = steps.flatMap((step) => only(step, ({ statement }) => statement.objects.length === 0))
  const listed = steps.flatMap((step) =>
    step.privileges === undefined ? [] : only(step, ({ statement }) => statement.objects.length > 0),
  )
  const ordered = [
    ...listed.filter((step) => step.status === 'removed'),
    ...listed.filter((step) => step.status !== 'removed'),
  ]
  return [first, ...packed(ordered.flatMap(inParts))]
    .filter((part) => part.length > 0)
    .map((part) => divisible(server, part))
}

/** How many objects the steps name. */
function count(steps: readonly Step[]): number {
  return steps.reduce((sum, { statements }) => statements.reduce((all, { objects }) => all + objects.length, sum), 0)
}

/** A step of no privileges stands as it is. */
function only(step: Step, isWanted: (item: PrivilegeStatement) => boolean): Step[] {
  if (step.privileges === undefined) return [step]
  const items = step.privileges.filter(isWanted)
  return items.length === 0 ? [] : [partOf(step, items)]
}

function inParts(step: Step): Step[] {
  const items = (step.privileges ?? []).flatMap(({ statement, change }) =>
    chunk(statement.objects, OBJECTS_PER_TRANSACTION).map((objects) => ({
      statement: statement.withObjects(objects),
      change,
    })),
  )
  const parts = items.map((item) => partOf(step, [item]))
  return parts.map((part, index) =>
    parts.length === 1
      ? part
      : { ...part, message: `${part.message}, part ${String(index + 1)} of ${String(parts.length)}` },
  )
}

/** In their order, as many together as may be. */
function packed(steps: readonly Step[]): Step[][] {
  const packs: Step[][] = []
  let size = Infinity
  for (const step of steps) {
    const own = count([step])
    if (size + own > OBJECTS_PER_TRANSACTION) {
      packs.push([])
      size = 0
    }
    packs.at(-1)?.push(step)
    size += own
  }
  return packs
}

function divisible(server: ServerFacts, steps: readonly Step[]): AtomicTransaction {
  const transaction = holdMemberships(server, steps)
  const [first, ...others] = steps
  const isOne = others.length === 0 && (first?.privileges?.length ?? 1) === 1 && count(steps) < 2
  return isOne ? transaction : { ...transaction, halves: () => halvesOf(steps).map((half) => divisible(server, half)) }
}

/** Of several steps half of them; of one half of its statements; of one statement half of its objects. */
function halvesOf(steps: readonly Step[]): readonly Step[][] {
  const [first] = steps
  if (steps.length > 1 || first === undefined) return halves(steps)
  const items = first.privileges ?? []
  const [item] = items
  if (items.length > 1 || item === undefined) return halves(items).map((half) => [partOf(first, half)])
  return halves(item.statement.objects).map((objects) => [
    partOf(first, [{ ...item, statement: item.statement.withObjects(objects) }]),
  ])
}

function halves<T>(items: readonly T[]): T[][] {
  return chunk(items, Math.ceil(items.length / 2))
}
