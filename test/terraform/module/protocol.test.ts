/**
 * Who carries out a removal (src/README.md: Removal): the cases of the protocol with the real bundle on a real server,
 * beside each kind of consumer. All with RDS_PROVISION_FAULTS=whole, else a sample.
 */
import test from 'ava'
import { IS_WHOLE } from '../../support/faults/intensity.ts'
import { instance } from './instance.ts'
import { Case, type Consumer } from './protocol.ts'

const given = instance()

type Play = (box: Case, before: Awaited<ReturnType<Case['found']>>) => Promise<void>

const PROVISION = 'module.databases.null_resource.provision'
const STACK = 'module.databases.terraform_data.stack'
const RENAMED = { renamed: { b: 'b2' } } as const
const WITHOUT_C = { without: ['c'] } as const
const MIXED = { ...WITHOUT_C, ...RENAMED } as const
const APPROVED_NOT = { CUT: 'FAIL:R:start' } as const

const CASES: Readonly<Record<string, Play>> = {
  remove: async (box, before) => {
    await box.apply(box.declared(WITHOUT_C))
    await box.settled(before, ['c'])
  },
  'remove what is retained': async (box, before) => {
    await box.apply(box.declared({ without: ['d'] }))
    await box.settled(before)
  },
  rename: async (box, before) => {
    await box.apply(box.declared(RENAMED))
    await box.settled(before)
  },
  'rename with moved': async (box, before) => {
    await box.write('moved.tf', `moved {\n from = ${box.marker('b')}\n to = ${box.marker('b2')}\n}\n`)
    await box.apply(box.declared(RENAMED))
    await box.settled(before)
  },
  'swap two keys': async (box, before) => {
    await box.apply(box.declared({ renamed: { a: 'b', b: 'a' } }))
    await box.settled(before)
  },
  'remove and rename': async (box, before) => {
    await box.apply(box.declared(MIXED))
    await box.settled(before, ['c'])
  },
  'remove and rename, one at a time': async (box, before) => {
    await box.apply(box.declared(MIXED), ['-parallelism=1'])
    await box.settled(before, ['c'])
  },
  '-target of a marker': async (box, before) => {
    await box.apply(box.declared(WITHOUT_C), [`-target=${box.marker('c')}`])
    await box.apply(box.declared(WITHOUT_C))
    await box.settled(before, ['c'])
  },
  '-target of a marker that is renamed': async (box, before) => {
    await box.apply(box.declared(RENAMED), [`-target=${box.marker('b')}`])
    await box.apply(box.declared(RENAMED))
    await box.settled(before)
  },
  '-target of a marker, then declared again': async (box, before) => {
    await box.apply(box.declared(WITHOUT_C), [`-target=${box.marker('c')}`])
    const left = await box.found()
    await box.apply(box.declared())
    await box.settled(left.has('c') ? before : left)
  },
  '-target of the provisioning': async (box, before) => {
    await box.apply(box.declared(WITHOUT_C), [`-target=${PROVISION}`])
    await box.apply(box.declared(WITHOUT_C))
    await box.settled(before, ['c'])
  },
  '-target of the provisioning, then declared again': async (box, before) => {
    await box.apply(box.declared(WITHOUT_C), [`-target=${PROVISION}`])
    const left = await box.found()
    await box.apply(box.declared())
    await box.settled(left.has('c') ? before : left)
  },
  '-replace of a marker': async (box, before) => {
    await box.apply(box.declared(), [`-replace=${box.marker('c')}`])
    await box.settled(before)
  },
  '-replace of a marker and rename': async (box, before) => {
    await box.apply(box.declared(RENAMED), [`-replace=${box.marker('c')}`])
    await box.settled(before)
  },
  '-replace of the provisioning': async (box, before) => {
    await box.apply(box.declared(), [`-replace=${PROVISION}`])
    await box.settled(before)
  },
  'taint of a marker': async (box, before) => {
    await box.stack.taint('terraform_data.application["c"]')
    await box.apply(box.declared())
    await box.settled(before)
  },
  'state rm of a marker, then remove': async (box, before) => {
    await box.terraform(['state', 'rm', box.marker('c')])
    await box.apply(box.declared(WITHOUT_C))
    await box.settled(before)
  },
  'refused, then again': async (box, before) => {
    await box.apply(box.declared(WITHOUT_C), [], APPROVED_NOT, 'fails')
    await box.apply(box.declared(WITHOUT_C))
    await box.settled(before, ['c'])
  },
  'refused, then declared again': async (box, before) => {
    await box.apply(box.declared(WITHOUT_C), [], APPROVED_NOT, 'fails')
    await box.apply(box.declared())
    await box.settled(before)
  },
  'a saved plan': async (box, before) => {
    await box.plan(box.declared(MIXED), ['-out=saved'])
    await box.terraform(['apply', '-no-color', 'saved'])
    await box.settled(before, ['c'])
  },
  'refresh only': async (box, before) => {
    await box.apply(box.declared(MIXED), ['-refresh-only'])
    await box.apply(box.declared(MIXED))
    await box.settled(before, ['c'])
  },
  destroy: async (box, before) => {
    await box.destroy()
    await box.settled(before, ['a', 'b', 'c'], false)
  },
  'destroy, then apply': async (box, before) => {
    await box.destroy()
    await box.apply(box.declared())
    const kept = [...before].filter(([key]) => key === 'd')
    await box.settled(new Map(kept))
  },
  'destroy -target of a marker': async (box) => {
    await box.destroy([`-target=${box.marker('c')}`])
    const left = await box.found()
    await box.apply(box.declared())
    await box.settled(left)
  },
  'destroy -target of a marker, then remove': async (box, before) => {
    await box.destroy([`-target=${box.marker('c')}`])
    await box.apply(box.declared(WITHOUT_C))
    await box.settled(before, ['c'])
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
    await box.kept(before)
  },
  '-replace of the stack': async (box, before) => {
    await box.apply(box.declared(), [`-replace=${STACK}`], {}, null)
    await box.kept(before)
  },
  '-replace of the stack and rename': async (box, before) => {
    await box.apply(box.declared(RENAMED), [`-replace=${STACK}`], {}, null)
    await box.kept(before)
  },
  ...cuts(),
}

/** Cut at each point, then applied again, or declared again, or destroyed. */
function cuts(): Record<string, Play> {
  const cases: Record<string, Play> = {}
  for (const how of ['KILL', 'INT', 'FAIL'])
    for (const where of ['P:start', 'P:end', 'R:start', 'R:end']) {
      const cut = { CUT: `${how}:${where}` }
      cases[`${how} at ${where}, then again`] = async (box, before) => {
        await box.apply(box.declared(MIXED), [], cut, null)
        await box.apply(box.declared(MIXED))
        await box.settled(before, ['c'])
      }
      cases[`${how} at ${where}, then declared again`] = async (box, before) => {
        await box.apply(box.declared(MIXED), [], cut, null)
        const left = await box.found()
        await box.apply(box.declared())
        await box.settled(new Map([...before].filter(([key]) => key !== 'c' || left.has('c'))))
      }
    }
  for (const how of ['KILL', 'FAIL'])
    for (const where of ['R:start', 'R:end', 'S:start', 'S:end']) {
      const cut = { CUT: `${how}:${where}` }
      cases[`destroy, ${how} at ${where}, then again`] = async (box, before) => {
        await box.destroy([], cut, null)
        await box.destroy()
        await box.settled(before, ['a', 'b', 'c'], false)
      }
      cases[`destroy, ${how} at ${where}, then apply`] = async (box, before) => {
        await box.destroy([], cut, null)
        const left = await box.found()
        await box.apply(box.declared())
        await box.settled(new Map([...before].filter(([key]) => left.has(key))))
      }
    }
  return cases
}

/** In `npm test`: each kind once, each beside one kind of consumer. */
const SAMPLED = new Map<string, readonly Consumer[]>([
  ['remove', ['none', 'output', 'depends']],
  ['rename', ['none', 'output']],
  ['remove and rename', ['depends']],
  ['swap two keys', ['none']],
  ['-target of a marker', ['none']],
  ['-replace of a marker', ['output']],
  ['destroy', ['depends']],
  ['refused, then declared again', ['output']],
  ['-replace of the stack', ['none']],
  ['KILL at P:end, then again', ['depends']],
  ['KILL at R:end, then declared again', ['none']],
  ['destroy, KILL at S:start, then again', ['none']],
])

const consumers: readonly Consumer[] = ['none', 'output', 'depends']
let count = 0
for (const consumer of consumers)
  for (const [name, play] of Object.entries(CASES)) {
    count += 1
    const id = `p${String(count)}`
    if (!IS_WHOLE && SAMPLED.get(name)?.includes(consumer) !== true) continue
    test.serial(`${name}, consumer: ${consumer}`, async (t) => {
      t.timeout(300_000)
      const box = await Case.begin(t, given(), consumer, id)
      await play(box, await box.found())
      t.log((await box.told()).join(', '))
    })
  }
