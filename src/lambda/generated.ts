/** What is asked and answered where `generate` goes through the function (src/README.md: The function). Pure. */
import * as v from 'valibot'
import { type FieldValue, type Generated, NOTE_KINDS } from '../generate/types.ts'
import { STATE_TYPES, type StateResource } from '../input/terraform-state.ts'

const TEXT_OR_NULL = v.nullable(v.string())
const TEXTS = v.array(v.string())

/** Of another tool's state what was read of it, and no more. */
const RESOURCE: v.GenericSchema<StateResource> = v.object({
  type: v.picklist(STATE_TYPES),
  address: v.string(),
  resource: v.string(),
  label: v.string(),
  name: TEXT_OR_NULL,
  database: TEXT_OR_NULL,
  role: TEXT_OR_NULL,
  grantRole: TEXT_OR_NULL,
  schema: TEXT_OR_NULL,
  objectType: TEXT_OR_NULL,
  objects: TEXTS,
  privileges: TEXTS,
})

/** What is wanted of a declaration of what is there. */
export const GENERATE = v.object({
  /** null: all of the instance. */
  database: TEXT_OR_NULL,
  resources: v.array(RESOURCE),
})
export type GenerateThere = v.InferOutput<typeof GENERATE>

const FIELD: v.GenericSchema<FieldValue> = v.union([
  v.string(),
  v.number(),
  v.boolean(),
  TEXTS,
  v.record(v.string(), v.union([v.string(), TEXTS])),
])

export const GENERATED: v.GenericSchema<Generated> = v.object({
  entries: v.array(
    v.object({
      key: v.string(),
      role: v.string(),
      database: TEXT_OR_NULL,
      fields: v.record(v.string(), FIELD),
    }),
  ),
  notes: v.array(
    v.object({
      application: TEXT_OR_NULL,
      database: TEXT_OR_NULL,
      role: TEXT_OR_NULL,
      kind: v.picklist(NOTE_KINDS),
      text: v.string(),
      statements: TEXTS,
    }),
  ),
})
