/** What somebody was granted on objects that no access level reaches: told, and left to people. */
import test from 'ava'
import * as v from 'valibot'
import { bedFor, type Stack, VERSIONS } from '../../support/provision.ts'

const Report = v.object({
  sections: v.object({
    undeclared: v.array(
      v.object({
        role: v.string(),
        what: v.string(),
        on: v.string(),
        granted_by: v.nullable(v.string()),
        fate: v.string(),
        remedy: v.string(),
      }),
    ),
  }),
})

for (const version of VERSIONS) {
  const bed = bedFor(version)
  const on = `PostgreSQL ${version}: `

  test.serial(`${on}with whose they are, what becomes of them, and the statement that takes them away`, async (t) => {
    const stack: Stack = bed().declare({
      own: { username: 'lo_owner', database_name: 'lo_db', schemas: ['app'] },
      guest: { username: 'lo_guest', database_name: 'lo_db', access_level: 'reader', undeclared: 'keep' },
      tool: { username: 'lo_tool', database_name: 'lo_db', access_level: 'reader' },
    })
    await stack.applyOk()
    await bed().server.sql(
      `CREATE FOREIGN DATA WRAPPER "W"; CREATE SERVER lo_server FOREIGN DATA WRAPPER "W";
       GRANT USAGE ON FOREIGN SERVER lo_server TO lo_guest; GRANT USAGE ON FOREIGN DATA WRAPPER "W" TO lo_tool;
       GRANT USAGE ON LANGUAGE plpgsql TO lo_tool`,
      [],
      'lo_db',
    )
    await stack.sql(
      'own',
      `CREATE TYPE app."Mood" AS ENUM ('a'); GRANT USAGE ON TYPE app."Mood" TO lo_tool;
       SELECT lo_create(70001), lo_create(70002); GRANT SELECT, UPDATE ON LARGE OBJECT 70001, 70002 TO lo_guest;
       GRANT SELECT ON LARGE OBJECT 70001 TO PUBLIC`,
    )
    const told = async (): Promise<v.InferOutput<typeof Report>['sections']['undeclared']> => {
      const { sections } = v.parse(Report, JSON.parse(await stack.report('json')))
      return sections.undeclared.filter(({ on: what }) => /^(\d+ )?(type|language|foreign|large)/.test(what))
    }
    const rows = await told()
    t.deepEqual(rows.map(({ role, what, on: where, fate }) => [role, what, where, fate].join(' | ')).sort(), [
      'PUBLIC (everybody) | SELECT | large object 70001 | left alone',
      'lo_guest | SELECT, UPDATE | 2 large objects, 70001 among them | kept',
      'lo_guest | USAGE | foreign server lo_server | kept',
      'lo_tool | USAGE | foreign data wrapper "W" | left alone',
      'lo_tool | USAGE | language plpgsql | left alone',
      'lo_tool | USAGE | type app."Mood" | left alone',
    ])
    t.deepEqual(await stack.plan(), [])
    const { own, tool } = stack.applications
    stack.applications = {
      ...stack.applications,
      own: { ...own, undeclared: 'revoke' },
      tool: { ...tool, undeclared: 'revoke' },
    }
    const { records } = await stack.applyOk()
    const warnings = records.flatMap(({ status, object, message }) =>
      status === 'warning' && object === 'grant' ? [message.replace(/ is not declared.*/s, '')] : [],
    )
    t.deepEqual(warnings.filter((text) => text.startsWith('what')).sort(), [
      'what PUBLIC, lo_tool has on lo_db from lo_owner (large object 70001, type app."Mood")',
      version < 15
        ? 'what PUBLIC, lo_tool has on lo_db from rdsadmin (foreign data wrapper "W", language plpgsql, schema public)'
        : 'what lo_tool has on lo_db from rdsadmin (foreign data wrapper "W", language plpgsql)',
    ])
    for (const { remedy, granted_by: by } of rows.filter(({ role }) => role !== 'lo_guest')) {
      const [, block = ''] = /^[^:]+: (.*)$/s.exec(remedy) ?? []
      if (by === 'lo_owner') await stack.sql('own', block)
      else await bed().server.sql(block, [], 'lo_db')
    }
    t.deepEqual(
      (await told()).map(({ role }) => role),
      ['lo_guest', 'lo_guest'],
    )
  })
}
