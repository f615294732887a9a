/** `terraform show -json` of what the provider `cyrilgdn/postgresql` manages: names and intent, no secret. Pure. */
import * as v from 'valibot'
import { InvalidInputError } from '../errors.ts'

/** https://registry.terraform.io/providers/cyrilgdn/postgresql/latest/docs */
export const STATE_TYPES = [
  'postgresql_role',
  'postgresql_database',
  'postgresql_grant',
  'postgresql_grant_role',
  'postgresql_default_privileges',
  'postgresql_schema',
  'postgresql_extension',
] as const
export type StateType = (typeof STATE_TYPES)[number]

const TEXT = v.nullish(v.string(), null)
const TEXTS = v.nullish(v.array(v.string()), null)

const RESOURCE = v.object({
  address: v.string(),
  mode: TEXT,
  type: v.string(),
  name: v.string(),
  index: v.optional(v.union([v.string(), v.number()])),
  values: v.nullish(
    v.object({
      name: TEXT,
      database: TEXT,
      owner: TEXT,
      role: TEXT,
      grant_role: TEXT,
      schema: TEXT,
      object_type: TEXT,
      objects: TEXTS,
      privileges: TEXTS,
    }),
    null,
  ),
})

interface Module {
  readonly resources?: readonly unknown[] | undefined
  readonly child_modules?: readonly Module[] | undefined
}

const MODULE: v.GenericSchema<unknown, Module> = v.object({
  resources: v.optional(v.array(v.unknown())),
  child_modules: v.optional(v.array(v.lazy(() => MODULE))),
})

const STATE = v.object({ values: v.optional(v.object({ root_module: v.optional(MODULE) })) })

/** One instance of a resource, as far as it names something of the server. */
export interface StateResource {
  readonly type: StateType
  readonly address: string
  /** Of the whole resource: without the key of an instance, its own or that of a module. */
  readonly resource: string
  /** What its configuration calls it: the key of the instance, else the name of the resource. */
  readonly label: string
  /** The role, database, schema or extension; null: it has none. */
  readonly name: string | null
  readonly database: string | null
  readonly role: string | null
  readonly grantRole: string | null
  readonly schema: string | null
  readonly objectType: string | null
  /** Empty: all of the kind. */
  readonly objects: readonly string[]
  readonly privileges: readonly string[]
}

/** @throws InvalidInputError where it is no state, or holds nothing of that provider */
export function parseTerraformState(text: string): readonly StateResource[] {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), STATE), text)
  const root = parsed.success ? parsed.output.values?.root_module : undefined
  if (root === undefined) throw unusable('is no `terraform show -json` of a state.')
  const found = resourcesOf(root).flatMap(readResource)
  if (found.length === 0) throw unusable(`holds no resource of the provider postgresql (${STATE_TYPES.join(', ')}).`)
  return found
}

function resourcesOf({ resources = [], child_modules: children = [] }: Module): unknown[] {
  return [...resources, ...children.flatMap(resourcesOf)]
}

function readResource(value: unknown): StateResource[] {
  const parsed = v.safeParse(RESOURCE, value)
  if (!parsed.success || parsed.output.mode !== 'managed') return []
  const { address, type: typeText, name: label, index, values } = parsed.output
  const type = STATE_TYPES.find((item) => item === typeText)
  if (type === undefined) return []
  return [
    {
      type,
      address,
      resource: address.replace(/\["(?:[^"\\]|\\.)*"\]|\[\d+\]/g, ''),
      label: typeof index === 'string' ? index : label,
      name: values?.name ?? null,
      database: values?.database ?? null,
      role: values?.role ?? null,
      grantRole: values?.grant_role ?? null,
      schema: values?.schema ?? null,
      objectType: values?.object_type ?? null,
      objects: values?.objects ?? [],
      privileges: values?.privileges ?? [],
    },
  ]
}

function unusable(message: string): InvalidInputError {
  const remedy = 'Give what `terraform show -json` prints where that provider is used.'
  return new InvalidInputError([
    { application: null, code: 'unreadable_input', field: '--terraform-state', message, remedy },
  ])
}
