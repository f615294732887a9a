import test from 'ava'
import type {
  AclItem,
  DefaultAcl,
  Interior,
  ObjectClass,
  SchemaObject,
  SchemaState,
} from '../../../src/model/catalog.ts'
import type { Finding, Step } from '../../../src/model/step.ts'
import { planContext } from '../../../src/plan/context.ts'
import { planInterior } from '../../../src/plan/interior.ts'
import { database, declare, input, interior, role, type State, told } from './sample.ts'

const item = (grantor: string, grantee: string, privilege: string): AclItem => ({ grantor, grantee, privilege })
/** Its owner holds what the server gives it. */
const schema = (name: string, { owner = 'o', acl = [], ...fields }: Partial<SchemaState> = {}): SchemaState => ({
  name,
  owner,
  acl: [...['CREATE', 'USAGE'].map((privilege) => item(owner, owner, privilege)), ...acl],
  objects: 0,
  foreignObjects: 0,
  ...fields,
})
const object = (
  name: string,
  objectClass: ObjectClass,
  acl: readonly AclItem[],
  args: string | null = null,
): SchemaObject => ({ schema: 's', name, objectClass, owner: 'o', args, acl, columnAcl: [] })
const byDefault = (objectClass: ObjectClass, privilege: string, inSchema: string | null = 's'): DefaultAcl => ({
  creator: 'o',
  schema: inSchema,
  objectClass,
  grantee: 'g',
  privilege,
})

/** What a reader `g` holds by default in schema s. */
const READER: readonly DefaultAcl[] = [
  byDefault('table', 'SELECT'),
  byDefault('sequence', 'SELECT'),
  byDefault('function', 'EXECUTE'),
]
const IN_SCHEMA = schema('s', { acl: [item('o', 'g', 'USAGE')] })

function inside(
  fields: Partial<Interior>,
  level = 'reader',
  state: State = {},
): { steps: readonly Step[]; findings: readonly Finding[] } {
  const declaration = declare({
    o: { username: 'o', database_name: 'd', schemas: ['s'] },
    g: { username: 'g', database_name: 'd', access_level: level },
  })
  const given = {
    roles: [role('o'), role('g')],
    databases: [database('d', 'o')],
    interiors: [interior('d', { schemas: new Map([['s', IN_SCHEMA]]), defaultAcl: READER, ...fields })],
    ...state,
  }
  const [declared] = declaration.databases
  const changes = declared === undefined ? null : planInterior(planContext(input(declaration, given)), declared)
  return changes ?? { steps: [], findings: [] }
}

test("a reader that has all of its level gets nothing, and PUBLIC's EXECUTE counts", (t) => {
  const objects = [
    object('t', 'table', [item('o', 'g', 'SELECT')]),
    object('q', 'sequence', [item('o', 'g', 'SELECT')]),
    object('f', 'function', [item('o', '', 'EXECUTE')], ''),
  ]
  t.deepEqual(inside({ objects }).steps, [])
})

test('what is missing is granted by name, and what is too much revoked, one statement for the same privileges', (t) => {
  const objects = [
    object('a', 'table', []),
    object('b', 'table', []),
    object('c', 'table', [item('o', 'g', 'SELECT'), item('o', 'g', 'TRUNCATE')]),
    object('f', 'function', [], 'integer'),
    object('q', 'sequence', [item('o', 'g', 'SELECT'), item('o', 'g', 'USAGE')]),
  ]
  t.deepEqual(
    told(inside({ objects, schemas: new Map([['s', schema('s', { acl: [item('o', 'g', 'CREATE')] })]]) }).steps),
    [
      [
        'grant grant created',
        'GRANT USAGE ON SCHEMA "s" TO "g"',
        'GRANT SELECT ON TABLE "s"."a", "s"."b" TO "g"',
        'GRANT EXECUTE ON ROUTINE "s"."f"(integer) TO "g"',
      ],
      [
        'grant revoke removed',
        'REVOKE CREATE ON SCHEMA "s" FROM "g"',
        'REVOKE TRUNCATE ON TABLE "s"."c" FROM "g"',
        'REVOKE USAGE ON SEQUENCE "s"."q" FROM "g"',
      ],
    ],
  )
})

test('privileges that another role granted are not revoked, since that would do nothing', (t) => {
  t.deepEqual(
    inside({ objects: [object('t', 'table', [item('o', 'g', 'SELECT'), item('x', 'g', 'INSERT')])] }).steps,
    [],
  )
})

test('an editor gets what a reader lacks, by default too', (t) => {
  const steps = inside({ objects: [object('t', 'table', [item('o', 'g', 'SELECT')])] }, 'editor').steps
  t.deepEqual(told(steps), [
    ['grant grant created', 'GRANT INSERT, UPDATE, DELETE ON TABLE "s"."t" TO "g"'],
    [
      'default_privileges grant created',
      'ALTER DEFAULT PRIVILEGES FOR ROLE "o" IN SCHEMA "s" GRANT INSERT, UPDATE, DELETE ON TABLES TO "g"',
      'ALTER DEFAULT PRIVILEGES FOR ROLE "o" IN SCHEMA "s" GRANT UPDATE, USAGE ON SEQUENCES TO "g"',
    ],
  ])
})

test('defaults beyond the level go in the schema, and all in all schemas', (t) => {
  const defaultAcl = [
    ...READER,
    byDefault('table', 'INSERT'),
    byDefault('table', 'UPDATE', null),
    byDefault('table', 'SELECT', null),
  ]
  t.deepEqual(told(inside({ defaultAcl }).steps), [
    [
      'default_privileges revoke removed',
      'ALTER DEFAULT PRIVILEGES FOR ROLE "o" IN SCHEMA "s" REVOKE INSERT ON TABLES FROM "g"',
    ],
    [
      'default_privileges revoke removed',
      'ALTER DEFAULT PRIVILEGES FOR ROLE "o" REVOKE UPDATE, SELECT ON TABLES FROM "g"',
    ],
  ])
})

test('a schema that was listed once is known by its default privileges, and left to the owner otherwise', (t) => {
  const once = schema('once', { acl: [item('o', 'g', 'USAGE')], objects: 1 })
  const schemas = new Map([
    ['s', IN_SCHEMA],
    ['once', once],
  ])
  t.deepEqual(told(inside({ schemas, defaultAcl: [...READER, byDefault('table', 'SELECT', 'once')] }).steps), [
    ['grant revoke removed', 'REVOKE USAGE ON SCHEMA "once" FROM "g"'],
    [
      'default_privileges revoke removed',
      'ALTER DEFAULT PRIVILEGES FOR ROLE "o" IN SCHEMA "once" REVOKE SELECT ON TABLES FROM "g"',
    ],
  ])
  const untouched = inside({ schemas })
  t.deepEqual(untouched.steps, [])
  t.regex(untouched.findings[0]?.message ?? '', /schema once of d holds objects and is not listed/)
})

test('many objects are split into statements that can be read', (t) => {
  const [granted] = inside({
    objects: Array.from({ length: 401 }, (_, index) => object(`t${index}`, 'table', [])),
  }).steps
  t.is(granted?.statements.length, 3)
})

test('extensions are created after what they require, in the first listed schema unless they fix their own', (t) => {
  const extension = (name: string, requires: readonly string[] = [], fixed: string | null = null) => ({
    name,
    requires,
    schema: fixed,
    trusted: true,
  })
  const extensions = new Map(
    [
      extension('needs', ['base', 'hidden']),
      extension('base', ['loop']),
      extension('hidden'),
      extension('loop', ['base']),
      extension('fixed', [], 'pg_catalog'),
    ].map((one) => [one.name, one]),
  )
  const declaration = declare({
    o: { username: 'o', database_name: 'd', schemas: ['s'], extensions: ['needs', 'fixed', 'base', 'plpgsql'] },
  })
  const [declared] = declaration.databases
  t.truthy(declared)
  if (declared === undefined) return
  const changes = planInterior(planContext(input(declaration, { cluster: { extensions } })), declared)
  t.deepEqual(
    told(changes?.steps ?? [])
      .flat()
      .filter((text) => text.startsWith('CREATE EXTENSION')),
    [
      'CREATE EXTENSION "base" SCHEMA "s" CASCADE',
      'CREATE EXTENSION "needs" SCHEMA "s" CASCADE',
      'CREATE EXTENSION "fixed" CASCADE',
    ],
  )
})

test('PUBLIC loses CREATE on public where the owner can take it, and a warning says where not', (t) => {
  const open = (owner: string): Map<string, SchemaState> =>
    new Map([
      ['s', IN_SCHEMA],
      ['public', schema('public', { owner, acl: [item(owner, '', 'CREATE'), item(owner, '', 'USAGE')] })],
    ])
  for (const owner of ['pg_database_owner', 'o']) {
    t.deepEqual(told(inside({ schemas: open(owner) }).steps), [
      ['grant restrict updated', 'REVOKE CREATE ON SCHEMA "public" FROM PUBLIC'],
    ])
  }
  const { steps, findings } = inside({ schemas: open('rdsadmin') })
  t.deepEqual(steps, [])
  t.deepEqual(
    findings.map(({ object: about, status }) => [about, status]),
    [['schema', 'warning']],
  )
})
