/** A generated declaration with all that needs care when it is printed. */
import type { Generated } from '../../../src/generate/types.ts'

const NOTE = { application: null, database: null, role: null, statements: [] }

export const SAMPLE: Generated = {
  entries: [
    {
      key: 'for',
      role: 'shop',
      database: 'shop',
      fields: {
        database_name: 'a"b\\c ${d} %{e} \t',
        username: 'ümlaut 日本',
        connection_limit: 5,
        settings: { search_path: ['app', 'My "x"'], work_mem: '8MB', 'my.parameter': '1', $odd: '2' },
        schemas: ['public', 'App Data'],
        privileges: { sequences: [] },
        adopt_existing: true,
      },
    },
    {
      key: 'legacy-ro',
      role: 'legacy',
      database: null,
      fields: { username: 'legacy', access_level: 'none', can_login: false, adopt_existing: true },
    },
  ],
  notes: [
    { ...NOTE, role: 'boss', kind: 'never', text: 'it holds CREATEROLE' },
    {
      ...NOTE,
      application: 'for',
      database: 'shop',
      kind: 'person_first',
      text: 'it belongs to the master',
      statements: ['as dbmaster: BEGIN; CREATE ROLE "x: y" NOLOGIN; COMMIT;'],
    },
    { ...NOTE, application: 'legacy-ro', kind: 'gains', text: 'SELECT on\n a \u202e table' },
  ],
}
