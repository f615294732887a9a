/** The removals that the crash sweep cuts: by hand, as a marker asks for them, and what was asked for. */
import type { Bed, Entry } from '../provision.ts'
import type { Leg } from './cut.ts'
import { makeContent, SHARED, wipe } from './scenarios.ts'
import type { Scenario } from './sweep.ts'

/** A reader and an editor of a database that stays, and an owner with its database. */
export function removal(bed: Bed): Scenario {
  const gone = { cleanup_policy: 'delete' }
  const stack = bed.declare({
    shop: { schemas: ['public', 'mart'] },
    ed: { ...SHARED, ...gone, access_level: 'editor' },
    rd: { ...SHARED, ...gone, access_level: 'reader' },
    other: gone,
  })
  let isMade = false
  const leg = (removes: string, title: string): Leg => ({
    title,
    removes,
    prepare: async () => {
      if (!isMade) await makeContent(bed, stack)
      isMade = true
      await stack.applyOk()
    },
  })
  return {
    title: 'removal',
    stack,
    legs: [leg('rd', 'removal of a reader'), leg('ed', 'removal of an editor'), leg('other', 'removal of an owner')],
  }
}

/** What was asked to go, carried out by the run that knows the declaration. */
export function requested(bed: Bed): Scenario {
  const gone = { cleanup_policy: 'delete' }
  const all: Record<string, Entry> = {
    shop: { schemas: ['public', 'mart'] },
    ed: { ...SHARED, ...gone, access_level: 'editor' },
    rd: { ...SHARED, access_level: 'reader', cleanup_policy: 'disable' },
    other: gone,
  }
  const stack = bed.declare(all)
  let isMade = false
  const prepare = async (): Promise<void> => {
    stack.applications = all
    if (!isMade) await makeContent(bed, stack)
    isMade = true
    await stack.applyOk()
    for (const application of ['ed', 'rd', 'other']) await stack.request(application)
    stack.applications = { shop: { schemas: ['public', 'mart'] } }
  }
  return { title: 'requested removals', stack, legs: [{ title: 'requested removals', prepare }] }
}

export function removalWithSnapshot(bed: Bed): Scenario {
  bed.aws.putInstance('db-1')
  const stack = bed.declare({ other: { cleanup_policy: 'snapshot-and-delete' } })
  const prepare = async (): Promise<void> => {
    await wipe(bed)
    await stack.applyOk()
  }
  return {
    title: 'removal with a snapshot',
    stack,
    legs: [{ title: 'removal with a snapshot', removes: 'other', prepare }],
  }
}

/** A marker that is destroyed: before a run has looked it asks, after it, it carries out. */
export function asked(bed: Bed): Scenario {
  const gone = { cleanup_policy: 'delete' }
  const shop = { schemas: ['public', 'mart'] }
  const all: Record<string, Entry> = { shop, ed: { ...SHARED, ...gone, access_level: 'editor' }, other: gone }
  const stack = bed.declare(all)
  let isMade = false
  const prepare = async (): Promise<void> => {
    stack.applications = all
    if (!isMade) await makeContent(bed, stack)
    isMade = true
    await stack.applyOk()
  }
  /** A run has not found them. */
  const undeclared = async (): Promise<void> => {
    await prepare()
    stack.applications = { shop }
    await stack.applyOk()
    stack.applications = all
  }
  return {
    title: 'requests',
    stack,
    legs: [
      { title: 'request of an editor', asks: 'ed', prepare },
      { title: 'request of an owner', asks: 'other', prepare },
      { title: 'request that is carried out', asks: 'other', prepare: undeclared, isSettledBefore: false },
    ],
  }
}
