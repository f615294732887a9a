/** What a person does with applications of each policy, and what must come of it (src/README.md: Removal). */
import { type Case, type Expected, PROVISION } from './protocol.ts'
import { type Key, LEAVERS } from './protocol-entries.ts'

export type Play = (box: Case, before: Awaited<ReturnType<Case['found']>>) => Promise<void>

const STACK = 'module.databases.terraform_data.stack'
/** An entry of each policy under another key. */
const RENAMED: Readonly<Record<Key, Key>> = { b: 'b2', s: 's2', g: 'g2', r: 'r2', d: 'd2' }
const SWAPPED: Readonly<Record<Key, Key>> = { a: 'b', b: 'a', s: 'r', r: 's' }
const FEWER = { without: LEAVERS }
const GONE: Expected = { gone: LEAVERS }
const OTHERS_RENAMED: Readonly<Record<Key, Key>> = { b: 'b2', d: 'd2' }
const MIXED = { ...FEWER, renamed: OTHERS_RENAMED }
const MIXED_GONE: Expected = { ...GONE, renamed: OTHERS_RENAMED }
/** After `destroy`: all but what is retained. */
const ENDED: Expected = { gone: ['a', 'b', ...LEAVERS], ended: true }
const APPROVED_NOT = { CUT: 'FAIL:R:start' } as const

/** Of what was found, what is there in spite of what was done meanwhile. */
async function left(box: Case, before: Awaited<ReturnType<Case['found']>>): Promise<typeof before> {
  const found = await box.found()
  return new Map([...before].filter(([key, { oid }]) => found.get(key)?.oid === oid))
}

export const CASES: Readonly<Record<string, Play>> = {
  remove: async (box, before) => {
    await box.apply(box.declared(FEWER))
    await box.settled(before, GONE)
  },
  'remove what is retained': async (box, before) => {
    await box.apply(box.declared({ without: ['d'] }))
    await box.settled(before)
  },
  rename: async (box, before) => {
    await box.apply(box.declared({ renamed: RENAMED }))
    await box.settled(before, { renamed: RENAMED })
  },
  'rename with moved': async (box, before) => {
    const blocks = Object.entries(RENAMED).map(
      ([from, to]) => `moved {\n from = ${box.marker(from)}\n to = ${box.marker(to)}\n}\n`,
    )
    await box.write('moved.tf', blocks.join(''))
    await box.apply(box.declared({ renamed: RENAMED }))
    await box.settled(before, { renamed: RENAMED })
  },
  'swap keys': async (box, before) => {
    await box.apply(box.declared({ renamed: SWAPPED }))
    await box.settled(before, { renamed: SWAPPED })
  },
  'remove and rename': async (box, before) => {
    await box.apply(box.declared(MIXED))
    await box.settled(before, MIXED_GONE)
  },
  'remove and rename, one at a time': async (box, before) => {
    await box.apply(box.declared(MIXED), ['-parallelism=1'])
    await box.settled(before, MIXED_GONE)
  },
  '-target of markers': async (box, before) => {
    await box.apply(box.declared(FEWER), box.each('-target'))
    await box.apply(box.declared(FEWER))
    await box.settled(before, GONE)
  },
  '-target of markers that are renamed': async (box, before) => {
    await box.apply(box.declared({ renamed: RENAMED }), box.each('-target', Object.keys(RENAMED)))
    await box.apply(box.declared({ renamed: RENAMED }))
    await box.settled(before, { renamed: RENAMED })
  },
  '-target of markers, then declared again': async (box, before) => {
    await box.apply(box.declared(FEWER), box.each('-target'))
    await box.apply(box.declared())
    await box.settled(before)
  },
  '-target of the provisioning': async (box, before) => {
    await box.apply(box.declared(FEWER), [`-target=${PROVISION}`])
    await box.apply(box.declared(FEWER))
    await box.settled(before, GONE)
  },
  '-target of the provisioning, then declared again': async (box, before) => {
    await box.apply(box.declared(FEWER), [`-target=${PROVISION}`])
    const there = await left(box, before)
    await box.apply(box.declared())
    await box.settled(there)
  },
  '-replace of markers': async (box, before) => {
    await box.apply(box.declared(), box.each('-replace'))
    await box.settled(before)
  },
  '-replace of markers and rename': async (box, before) => {
    await box.apply(box.declared({ renamed: OTHERS_RENAMED }), box.each('-replace'))
    await box.settled(before, { renamed: OTHERS_RENAMED })
  },
  '-replace of the provisioning': async (box, before) => {
    await box.apply(box.declared(), [`-replace=${PROVISION}`])
    await box.settled(before)
  },
  'taint of markers': async (box, before) => {
    for (const key of LEAVERS) await box.stack.taint(`terraform_data.application["${key}"]`)
    await box.apply(box.declared())
    await box.settled(before)
  },
  'state rm of markers, then remove': async (box, before) => {
    await box.terraform(['state', 'rm', ...LEAVERS.map((key) => box.marker(key))])
    await box.apply(box.declared(FEWER))
    await box.settled(before)
  },
  'refused, then again': async (box, before) => {
    await box.apply(box.declared(FEWER), [], APPROVED_NOT, 'fails')
    await box.apply(box.declared(FEWER))
    await box.settled(before, GONE)
  },
  'refused, then declared again': async (box, before) => {
    await box.apply(box.declared(FEWER), [], APPROVED_NOT, 'fails')
    const there = await left(box, before)
    await box.apply(box.declared())
    await box.settled(there)
  },
  'a saved plan': async (box, before) => {
    await box.plan(box.declared(MIXED), ['-out=saved'])
    await box.terraform(['apply', '-no-color', 'saved'])
    await box.settled(before, MIXED_GONE)
  },
  'refresh only': async (box, before) => {
    await box.apply(box.declared(MIXED), ['-refresh-only'])
    await box.settledSoFar(before)
    await box.apply(box.declared(MIXED))
    await box.settled(before, MIXED_GONE)
  },
  destroy: async (box, before) => {
    await box.destroy()
    await box.settled(before, ENDED)
  },
  'destroy, then apply': async (box, before) => {
    await box.destroy()
    const there = await left(box, before)
    await box.apply(box.declared())
    await box.settled(there)
  },
  'destroy -target of markers': async (box, before) => {
    await box.destroy(box.each('-target'))
    await box.apply(box.declared())
    await box.settled(before)
  },
  'destroy -target of markers, then remove': async (box, before) => {
    await box.destroy(box.each('-target'))
    await box.apply(box.declared(FEWER))
    await box.settled(before, GONE)
  },
  'destroy -target of the provisioning': async (box, before) => {
    await box.destroy([`-target=${PROVISION}`])
    await box.apply(box.declared())
    await box.settled(before)
  },
  'destroy refused, then apply': async (box, before) => {
    await box.destroy([], APPROVED_NOT, 'fails')
    await box.apply(box.declared())
    await box.settled(before)
  },
  'taint of the stack': async (box, before) => {
    await box.stack.taint('terraform_data.stack')
    await box.apply(box.declared(), [], {}, null)
    await box.settledSoFar(before)
  },
  '-replace of the stack': async (box, before) => {
    await box.apply(box.declared(), [`-replace=${STACK}`], {}, 'fails')
    await box.settledSoFar(before)
    // Where Terraform makes the new claim before it asks the old one, the state has the new one by now.
    await box.apply(box.declared(), [], box.consumer === 'none' ? {} : { ALLOW_DB_TAKEOVER: 'true' })
    await box.settled(before)
  },
  '-replace of the stack and rename': async (box, before) => {
    await box.apply(box.declared({ renamed: RENAMED }), [`-replace=${STACK}`], {}, null)
    await box.settledSoFar(before)
  },
  ...cuts(),
  ...cutDestroys(),
}

/** Cut at each point, then applied again, or declared again. */
function cuts(): Record<string, Play> {
  const cases: Record<string, Play> = {}
  for (const how of ['KILL', 'INT', 'FAIL'])
    for (const where of ['P:start', 'P:middle', 'P:end', 'R:start', 'R:middle', 'R:end']) {
      const inTheMiddle = where.endsWith('middle')
      if (inTheMiddle && how !== 'KILL') continue
      const told = inTheMiddle ? ({ untold: true } as const) : {}
      const cut = { CUT: `${how}:${where}` }
      cases[`${how} at ${where}, then again`] = async (box, before) => {
        await box.apply(box.declared(MIXED), [], cut, null)
        await box.apply(box.declared(MIXED))
        await box.settled(before, { ...MIXED_GONE, ...told })
      }
      cases[`${how} at ${where}, then declared again`] = async (box, before) => {
        await box.apply(box.declared(MIXED), [], cut, null)
        const there = await left(box, before)
        await box.apply(box.declared())
        await box.settled(there, told)
      }
    }
  return cases
}

/** A destroy that is cut at each point, then run again, or given up by an apply. */
function cutDestroys(): Record<string, Play> {
  const cases: Record<string, Play> = {}
  for (const how of ['KILL', 'FAIL'])
    for (const where of ['R:start', 'R:middle', 'R:end', 'S:start', 'S:middle', 'S:end']) {
      const inTheMiddle = where.endsWith('middle')
      if (inTheMiddle && how !== 'KILL') continue
      const told = inTheMiddle ? ({ untold: true } as const) : {}
      const cut = { CUT: `${how}:${where}` }
      cases[`destroy, ${how} at ${where}, then again`] = async (box, before) => {
        await box.destroy([], cut, null)
        await box.destroy()
        await box.settled(before, { ...ENDED, ...told })
      }
      cases[`destroy, ${how} at ${where}, then apply`] = async (box, before) => {
        await box.destroy([], cut, null)
        const there = await left(box, before)
        await box.apply(box.declared())
        await box.settled(there, told)
      }
    }
  return cases
}
