/** Whether databases let people in: what a removal opened for its look is closed again when it ends. */
import type { Declaration } from '../../../src/model/declaration.ts'
import type { ModelDatabase, State } from '../server-model/state.ts'
import type { Going } from './others.ts'
import type { Ran } from './runs.ts'

type Door = Pick<ModelDatabase, 'allowConnections' | 'connectionLimit'>

/** As they were before the run, by oid. */
export type Doors = ReadonlyMap<number, Door>

export const doorsOf = ({ databases }: State): Doors =>
  new Map(
    [...databases.values()].map(({ oid, allowConnections, connectionLimit }) => [
      oid,
      { allowConnections, connectionLimit },
    ]),
  )

/**
 * The databases that let people in, or not, other than before; not those that go. What an apply has declared it may
 * open, and limit as declared. One that the run says it left open is told.
 */
export function doorsMoved(
  doors: Doors,
  { databases }: State,
  declaration: Declaration,
  going: Pick<Going, 'databases'>,
  { document, problems }: Ran,
): string[] {
  if (problems.some(({ code }) => code === 'left_open')) return []
  const isApply = document.run.command === 'apply'
  const declared = new Set(isApply ? declaration.databases.map(({ name }) => name) : [])
  return [...databases.values()].flatMap((now) => {
    const before = doors.get(now.oid)
    if (before === undefined || going.databases.has(now.oid)) return []
    const isSame = now.allowConnections === before.allowConnections && now.connectionLimit === before.connectionLimit
    const isShut = before.allowConnections && !now.allowConnections
    const isFull = before.connectionLimit !== 0 && now.connectionLimit === 0
    const isWrong = declared.has(now.name) ? isShut || isFull : !isSame
    return isWrong ? [`${now.name} lets in ${told(now)}, and did ${told(before)}`] : []
  })
}

const told = ({ allowConnections, connectionLimit }: Door): string =>
  `${allowConnections ? 'those who may' : 'nobody'}, limit ${String(connectionLimit)}`
