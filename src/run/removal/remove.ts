/** A removal from its first sign to its end. */
import { openUnlockedOrBootstrap } from '../connection/open.ts'
import type { Removal } from './context.ts'
import { explainUnreachable } from './gone.ts'
import { runRemoval } from './rounds.ts'
import { makeSigns } from './signs.ts'

/**
 * @param place `beside others`: other processes of the same run may remove at the same time, and share a snapshot
 * @throws ProvisionError
 */
export async function removeWithSigns(
  removal: Omit<Removal, 'signs'>,
  place: 'alone' | 'beside others',
): Promise<void> {
  const { context, admin, group } = removal
  const signs = makeSigns(
    () => explainUnreachable(() => openUnlockedOrBootstrap(context, admin)),
    group,
    place === 'alone',
  )
  try {
    await signs.pending()
    await runRemoval({ ...removal, signs })
  } finally {
    await signs.close()
  }
}
