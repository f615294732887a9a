/** What `terraform show -json` of the provider cyrilgdn/postgresql is read for. */
import test from 'ava'
import { InvalidInputError } from '../../../src/errors.ts'
import { givenUp, hintsOf } from '../../../src/generate/intent.ts'
import { parseOptions } from '../../../src/input/options.ts'
import { parseTerraformState } from '../../../src/input/terraform-state.ts'

const resource = (type: string, name: string, values: object, index?: string | number, module = ''): object => ({
  address: `${module}${type}.${name}${index === undefined ? '' : `[${JSON.stringify(index)}]`}`,
  mode: 'managed',
  type,
  name,
  ...(index !== undefined && { index }),
  values,
})

const STATE = {
  format_version: '1.0',
  values: {
    root_module: {
      resources: [
        resource('postgresql_role', 'keycloak', { name: 'kc', password: 'hunter2' }),
        resource('postgresql_database', 'this', { name: 'shop', owner: 'shop' }, 'web-shop'),
        resource('postgresql_database', 'main', { name: 'other', owner: 'shop' }),
        resource('aws_instance', 'x', { name: 'no' }),
        { ...resource('postgresql_role', 'read', { name: 'read' }), mode: 'data' },
      ],
      child_modules: [
        {
          address: 'module.a["x.y"]',
          resources: [
            resource(
              'postgresql_grant',
              'ro',
              { role: 'r', database: 'shop', privileges: ['SELECT'] },
              0,
              'module.a["x.y"].',
            ),
          ],
          child_modules: [],
        },
      ],
    },
  },
}

test('names become hints, addresses lose the keys of instances, secrets are not kept', (t) => {
  const resources = parseTerraformState(JSON.stringify(STATE))
  t.deepEqual(givenUp(resources), [
    'module.a.postgresql_grant.ro',
    'postgresql_database.main',
    'postgresql_database.this',
    'postgresql_role.keycloak',
  ])
  const { roles, databases } = hintsOf(resources)
  t.deepEqual([...roles], [['kc', 'keycloak']])
  t.deepEqual([...databases], [['shop', 'web-shop']])
  t.false(JSON.stringify(resources).includes('hunter2'))
})

test('what is no such state is refused', (t) => {
  for (const text of ['', '[]', '{}', '{"values":{"root_module":{}}}'])
    t.is(
      t.throws(() => parseTerraformState(text), { instanceOf: InvalidInputError }).problems[0]?.field,
      '--terraform-state',
      text,
    )
})

test('options of generate that do not go together are refused', (t) => {
  for (const [line, field] of [
    ['generate --format hlc', '--format'],
    ['generate --removed r', '--removed'],
    ['generate --input - --terraform-state -', '--terraform-state'],
  ] as const) {
    const error = t.throws(() => parseOptions(line.split(' ')), { instanceOf: InvalidInputError })
    t.is(error.problems[0]?.field, field)
  }
})
