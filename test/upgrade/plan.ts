/** A plan as data: which resources it touches, and in which attributes. */
import * as v from 'valibot'
import type { Stack } from '../support/terraform.ts'
import type { ResourceChange } from './changes.ts'

const Attributes = v.nullable(v.record(v.string(), v.unknown()))
/** The manual, "JSON Output Format", change representation. */
const Plan = v.object({
  resource_changes: v.array(
    v.object({
      address: v.string(),
      previous_address: v.optional(v.string()),
      change: v.object({
        actions: v.array(v.string()),
        before: Attributes,
        after: Attributes,
        after_unknown: v.union([v.boolean(), v.record(v.string(), v.unknown())]),
      }),
    }),
  ),
})

const MODULE = 'module.databases.'

/** What the stack would do now, in the order of the addresses. */
export async function plannedChanges(stack: Stack): Promise<ResourceChange[]> {
  await stack.prepare()
  await run(stack, ['plan', '-no-color', '-out=changes.plan'])
  const { resource_changes: changes } = v.parse(
    Plan,
    JSON.parse(await run(stack, ['show', '-no-color', '-json', 'changes.plan'])),
  )
  return changes
    .filter(({ change, previous_address: from }) => from !== undefined || change.actions.join() !== 'no-op')
    .map(({ address, previous_address: from, change: { actions, before, after, after_unknown: unknown } }) => ({
      address: address.replace(MODULE, ''),
      ...(from !== undefined && { from: from.replace(MODULE, '') }),
      actions,
      attributes: differing(before, after, unknown),
    }))
    .sort((a, b) => a.address.localeCompare(b.address))
}

/** Names of attributes that differ or are not known yet; of a map those of its keys. */
function differing(before: unknown, after: unknown, unknown: unknown): string[] {
  const [was, is, open] = [asRecord(before), asRecord(after), asRecord(unknown)]
  const names = [...new Set([...Object.keys(was), ...Object.keys(is), ...Object.keys(open)])].sort()
  return names.flatMap((name) => {
    if (open[name] === true) return [name]
    if (JSON.stringify(was[name]) === JSON.stringify(is[name]) && !holdsTrue(open[name])) return []
    const within = isMap(was[name]) && isMap(is[name]) ? differing(was[name], is[name], open[name]) : []
    return within.length > 0 ? within.map((key) => `${name}.${key}`) : [name]
  })
}

function holdsTrue(value: unknown): boolean {
  return value === true || (typeof value === 'object' && value !== null && Object.values(value).some(holdsTrue))
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function asRecord(value: unknown): Record<string, unknown> {
  return isMap(value) ? value : {}
}

async function run(stack: Stack, args: readonly string[]): Promise<string> {
  const result = await stack.terraform(args)
  if (result.code !== 0) throw new Error(`terraform ${args.join(' ')} failed:\n${result.output}`)
  return result.stdout
}

const MARKER = /^terraform_data\.application\["(.+)"\]$/

/** Applications whose markers a plan destroys or replaces, sorted. */
export function removed(changes: readonly ResourceChange[]): string[] {
  return changes
    .filter(({ actions }) => actions.includes('delete'))
    .flatMap(({ address }) => MARKER.exec(address)?.slice(1) ?? [])
    .sort()
}

/** Instances of one resource that differ alike, as one: `terraform_data.application[*]`. */
export function foldInstances(changes: readonly ResourceChange[]): ResourceChange[] {
  const all = (address: string): string => address.replace(/\[".*"\]$/, '[*]')
  const folded = changes.map((change) => ({
    ...change,
    address: all(change.address),
    ...(change.from !== undefined && { from: all(change.from) }),
  }))
  const distinct = new Map(folded.map((change) => [JSON.stringify(change), change]))
  return [...distinct.values()].sort((a, b) => a.address.localeCompare(b.address))
}
