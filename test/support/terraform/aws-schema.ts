/**
 * The schemas of hashicorp/aws out of the classes that CDK for Terraform generates from them: above each property stands
 * what it is (`// arn - computed: true, optional: false, required: false`), and below how it is read.
 */

/** As `terraform providers schema -json` writes types: `"string"`, `["list", "string"]`. */
type Type = string | readonly [string, Type] | readonly ['object', Readonly<Record<string, Type>>]

interface Attribute {
  readonly type: Type
  readonly required?: boolean
  readonly optional?: boolean
  readonly computed?: boolean
  readonly write_only?: boolean
}

interface Nested {
  readonly nesting_mode: 'single' | 'list' | 'set' | 'map'
  readonly block: Block
  readonly min_items?: number
  readonly max_items?: number
}

export interface Block {
  readonly attributes: Readonly<Record<string, Attribute>>
  readonly block_types?: Readonly<Record<string, Nested>>
}

export interface Schema {
  readonly version: number
  readonly block: Block
}

/** A schema whose attributes are written by hand. */
export function schemaOf(attributes: Readonly<Record<string, Attribute>>, blocks: Block['block_types'] = {}): Schema {
  return { version: 0, block: { attributes, block_types: blocks } }
}

const CLASS = /^export class (\w+) extends cdktf\.(\w+) \{$([\s\S]*?)^\}$/gm
const PROPERTY =
  /^ {2}\/\/ (\w+) - computed: (\w+), optional: (\w+), required: (\w+)\n([\s\S]*?)(?=^ {2}\/\/ \w+ - computed|^ {2}\/\/ =====|(?![\s\S]))/gm

const READERS: Readonly<Record<string, Type>> = {
  getStringAttribute: 'string',
  getNumberAttribute: 'number',
  getBooleanAttribute: 'bool',
  getListAttribute: ['list', 'string'],
  getNumberListAttribute: ['list', 'number'],
  getStringMapAttribute: ['map', 'string'],
  getNumberMapAttribute: ['map', 'number'],
  getBooleanMapAttribute: ['map', 'bool'],
}

/** @param source the TypeScript of one resource or data source. @throws Error where it is none */
export function readSchema(source: string): Schema {
  const classes = new Map(
    [...source.matchAll(CLASS)].map(([, name = '', base = '', body = '']) => [name, { base, body }]),
  )
  const [whole] = [...classes.values()].filter(({ base }) =>
    /^Terraform(?:Ephemeral)?(?:Resource|DataSource)$/.test(base),
  )
  if (whole === undefined) throw new Error('no class of a resource, data source or ephemeral resource is in it')
  const bodyOf = (name: string): string => classes.get(name)?.body ?? ''
  return { version: 0, block: blockOf(whole.body, bodyOf, source) }
}

function blockOf(body: string, bodyOf: (name: string) => string, source: string): Block {
  const attributes: Record<string, Attribute> = {}
  const blocks: Record<string, Nested> = {}
  for (const [, name = '', computed, optional, required, code = ''] of body.matchAll(PROPERTY)) {
    const flags = {
      ...(required === 'true' ? { required: true } : {}),
      ...(optional === 'true' ? { optional: true } : {}),
      ...(computed === 'true' ? { computed: true } : {}),
    }
    const [, className, wrapsSet] = /= new (\w+)\(this, "\w+"(?:, (true|false))?\);/.exec(code) ?? []
    if (className === undefined) {
      const isSecret = name.endsWith('_wo')
      attributes[name] = { type: typeOf(code), ...flags, ...(isSecret ? { write_only: true } : {}) }
      continue
    }
    const isOne = className.endsWith('OutputReference')
    const item = isOne ? className : (/return new (\w+)\(/.exec(bodyOf(className))?.[1] ?? '')
    const block = blockOf(bodyOf(item), bodyOf, source)
    const kind = wrapsSet === 'true' ? 'set' : 'list'
    if (flags.computed === true && flags.optional !== true && flags.required !== true)
      attributes[name] = { type: isOne ? objectOf(block) : [kind, objectOf(block)], computed: true }
    else
      blocks[name] = {
        nesting_mode: isOne && isStruct(name, source) ? 'single' : kind,
        block,
        ...(isOne && !isStruct(name, source) ? { max_items: 1 } : {}),
        ...(flags.required === true && !isStruct(name, source) ? { min_items: 1 } : {}),
      }
  }
  return { attributes, block_types: blocks }
}

function typeOf(code: string): Type {
  const [, isSet, reader = ''] = /return (cdktf\.Fn\.tolist\()?this\.(\w+)\('/.exec(code) ?? []
  const type = READERS[reader] ?? 'dynamic'
  return isSet !== undefined && Array.isArray(type) && type.length === 2 ? ['set', 'string'] : type
}

function isStruct(name: string, source: string): boolean {
  return new RegExp(`^ +${name}: \\{\\n +value: .*\\n +isBlock: true,\\n +type: "struct"`, 'm').test(source)
}

function objectOf({ attributes, block_types: blocks = {} }: Block): Type {
  const nested = Object.entries(blocks).map(([name, { nesting_mode: mode, block }]): [string, Type] => [
    name,
    mode === 'single' ? objectOf(block) : [mode, objectOf(block)],
  ])
  return [
    'object',
    Object.fromEntries([...Object.entries(attributes).map(([name, { type }]) => [name, type] as const), ...nested]),
  ]
}
