/** Somebody who wants in beside a run. */
import type pg from 'pg'
import type { Bed } from '../provision.ts'

/** null: the server is full. @throws where it refuses for another reason */
export async function guestOrNull(bed: Bed): Promise<pg.Client | null> {
  const guest = await guestOf(bed)
  if (guest === '53300') return null
  if (typeof guest === 'string') throw new Error(`refused: ${guest}`)
  return guest
}

/** The SQLSTATE with which the server refuses to let somebody in; null where it does not. */
export async function refusal(bed: Bed): Promise<string | null> {
  const guest = await guestOf(bed)
  if (typeof guest === 'string') return guest
  await guest.end()
  return null
}

async function guestOf({ server }: Bed): Promise<pg.Client | string> {
  try {
    return await server.connect({ ...server.master, database: 'postgres' })
  } catch (error) {
    if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code
    throw error
  }
}
