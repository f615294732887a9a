/** What a login can change of its own role, and below 15 of who is its member. */
import type { Attack } from './attack.ts'

/** A race decides whether its role can be altered in between. */
const MAY_FAIL = { ends: { own: ['done', 'failed'] }, codes: ['statement_failed', 'not_converged'] } as const

export const ON_ITSELF: readonly Attack[] = [
  {
    name: 'sets another password for itself in a loop',
    begin: (field) => field.loop('own', [`ALTER ROLE CURRENT_USER PASSWORD 'hunter2'`], { database: 'postgres' }),
    ends: { own: ['done', 'failed'] },
    codes: ['statement_failed', 'not_converged'],
  },
  ...[
    'statement_timeout = 1',
    'default_transaction_read_only = on',
    'search_path = evil',
    `local_preload_libraries = 'no_such'`,
    'idle_session_timeout = 1',
  ].map((setting): Attack => ({
    name: `sets ${setting} for its own role`,
    begin: (field) => field.as('own', `ALTER ROLE CURRENT_USER SET ${setting}`, 'postgres'),
    mend: (field) => field.sql(`ALTER ROLE ${field.user('own')} RESET ALL`),
  })),
  {
    name: 'changes a setting of its own role in a loop, against the run',
    change: { own: { settings: { work_mem: '5MB' } } },
    begin: (field) =>
      field.loop('own', [`ALTER ROLE CURRENT_USER IN DATABASE ${field.database} SET work_mem = '6MB'`], {
        sessions: 2,
      }),
    ...MAY_FAIL,
  },
  {
    name: 'makes another application its member',
    on: (version) => version < 15,
    cast: { own: {}, friend: {} },
    begin: (field) => field.as('own', `GRANT ${field.user('own')} TO ${field.user('friend')}`),
    tells: [{ role: 'own', object: 'grant', action: 'revoke', status: 'removed' }],
  },
  {
    name: 'makes the admin, and the ten others, its members',
    on: (version) => version < 15,
    begin: (field) =>
      field.as(
        'own',
        `GRANT ${field.user('own')} TO platform_provisioner; DO $$ BEGIN FOR n IN 0..9 LOOP
         EXECUTE format('GRANT ${field.user('own')} TO other%s_dev_user', n); END LOOP; END $$`,
      ),
    tells: [{ role: 'own', object: 'grant', action: 'revoke', status: 'removed' }],
  },
]
