/** Walks that found something, a defect or a planted fault, as small as can be; each is walked in `npm test`. */
import { by } from '../server-model/by-hand.ts'
import type { Walk } from './generate.ts'

const quiet = { mess: [], damage: [], cut: null }
const NOTHING_MORE = { alpha: {}, delta: { access_level: 'none', database_of: 'alpha' } }

export const FOUND: Readonly<Record<string, (version: number) => Walk>> = {
  'a level goes down to none while a schema is made': (version) => ({
    ...quiet,
    version,
    a: { alpha: {}, beta: { access_level: 'editor', database_of: 'alpha', schemas: ['*'] } },
    b: { alpha: { schemas: ['public', 'app'] }, beta: { access_level: 'none', database_of: 'alpha' } },
  }),
  'a login that was a group becomes one that is none': (version) => ({
    ...quiet,
    version,
    cut: { after: 5, kind: 'killed', isDone: false },
    a: {
      alpha: { schemas: ['public'], undeclared: 'keep' },
      beta: { access_level: 'editor', database_of: 'alpha', can_login: false, schemas: ['*'] },
    },
    b: { alpha: { schemas: ['public', 'app'] }, beta: { access_level: 'none', database_of: 'alpha' } },
  }),
  'a closed guest becomes an owner, and the run is killed between its login and its database': (version) => ({
    ...quiet,
    version,
    cut: { after: 1, kind: 'killed', isDone: true },
    a: { alpha: {}, beta: { access_level: 'reader', database_of: 'alpha', can_login: false } },
    b: { alpha: {}, beta: {} },
  }),
  'the answer to a grant is lost on a database that is kept shut': (version) => ({
    ...quiet,
    version,
    a: { alpha: {}, beta: {} },
    damage: [by('ALTER DATABASE "alpha_dev_db" ALLOW_CONNECTIONS false')],
    cut: { after: 1, kind: 'lost', isDone: true },
    b: { alpha: { adopt_existing: true }, beta: { access_level: 'reader', database_of: 'alpha' } },
  }),
  'the answer to the tag of a database is lost, which is full and kept so': (version) => ({
    ...quiet,
    version,
    a: { alpha: {} },
    damage: [by('ALTER DATABASE "alpha_dev_db" CONNECTION LIMIT 0')],
    cut: { after: 1, kind: 'lost', isDone: true },
    b: { alpha: { adopt_existing: true, cleanup_policy: 'disable' } },
  }),
  'the answer is lost to the statement that takes the room in a full database back': (version) => ({
    ...quiet,
    version,
    a: { alpha: { can_login: false } },
    damage: [by('ALTER DATABASE "alpha_dev_db" CONNECTION LIMIT 0')],
    cut: { after: 4, kind: 'lost', isDone: false },
    b: {
      alpha: { can_login: false, database_connection_limit: 10 },
      beta: { access_level: 'reader', database_of: 'alpha' },
    },
  }),
  'an owner becomes a guest and is removed: what it owned stays': (version) => ({
    ...quiet,
    version,
    a: { alpha: {}, beta: {} },
    b: { alpha: {}, beta: { access_level: 'reader', database_of: 'alpha', cleanup_policy: 'delete' } },
    ends: true,
  }),
  'an owner and its guest are disabled at once': (version) => ({
    ...quiet,
    version,
    a: { alpha: {} },
    b: {
      alpha: { cleanup_policy: 'disable' },
      beta: { access_level: 'reader', database_of: 'alpha', cleanup_policy: 'disable' },
    },
    ends: true,
  }),
  'an owner is released and its guest is disabled at once, and the run is killed in between': (version) => ({
    ...quiet,
    version,
    a: { alpha: {}, beta: { cleanup_policy: 'release' }, delta: { access_level: 'reader', database_of: 'beta' } },
    b: { alpha: {} },
    leaving: 'marker first',
    cut: { after: 3, kind: 'killed', isDone: false },
  }),
  'another state declares the same': (version) => ({
    ...quiet,
    version,
    a: { alpha: {} },
    twin: { entries: { alpha: {}, zeta: { database_of: 'alpha', access_level: 'editor' } }, takesOver: false },
    b: { alpha: {} },
  }),
  'a guest that another state took over is declared by both': (version) => ({
    ...quiet,
    version,
    a: { alpha: {}, beta: { access_level: 'editor', database_of: 'alpha' } },
    twin: { entries: { zeta: {}, beta: { database_of: 'zeta', access_level: 'reader' } }, takesOver: true },
    b: { alpha: {}, beta: { access_level: 'none' } },
  }),
  'a person gives a guest its level by default in all schemas, and it works in some': (version) => ({
    ...quiet,
    version,
    a: { alpha: {}, beta: {} },
    damage: [
      {
        as: null,
        database: 'alpha_dev_db',
        sql: 'ALTER DEFAULT PRIVILEGES FOR ROLE "alpha_dev_user" GRANT SELECT ON TABLES TO "beta_dev_user"',
      },
    ],
    b: { alpha: { undeclared: 'revoke' }, beta: { access_level: 'editor', database_of: 'alpha' } },
  }),
  'a member of an owner may give that on': (version) => ({
    ...quiet,
    version,
    a: { alpha: {}, beta: {} },
    damage: [by('GRANT "alpha_dev_user" TO "beta_dev_user" WITH ADMIN OPTION')],
    b: {
      alpha: { undeclared: 'revoke' },
      beta: { access_level: 'editor', database_of: 'alpha', member_of: ['alpha'] },
    },
  }),
  'a person gives a login of level none a schema of its database': (version) => ({
    version,
    mess: [],
    a: NOTHING_MORE,
    damage: [by('GRANT USAGE ON SCHEMA "public" TO "delta_dev_user"', 'alpha_dev_db')],
    cut: null,
    b: NOTHING_MORE,
  }),
  'a removal looks into a database that a person has shut, which is kept': (version) => ({
    ...quiet,
    version,
    a: { alpha: { undeclared: 'keep' }, delta: { access_level: 'reader', database_of: 'alpha', undeclared: 'keep' } },
    damage: [by('ALTER DATABASE "alpha_dev_db" CONNECTION LIMIT 0')],
    b: { alpha: { undeclared: 'keep', schemas: ['public', 'app'] } },
    leaving: 'marker first',
  }),
  'a marker goes last, and its removal looks into two databases that are kept shut': (version) => ({
    ...quiet,
    version,
    a: {
      alpha: { undeclared: 'keep' },
      gamma: { undeclared: 'keep' },
      delta: { access_level: 'reader', database_of: 'alpha', cleanup_policy: 'delete' },
    },
    damage: [
      by('ALTER DATABASE "alpha_dev_db" ALLOW_CONNECTIONS false'),
      { as: null, database: 'gamma_dev_db', sql: 'GRANT CREATE ON SCHEMA "public" TO "delta_dev_user"' },
      by('ALTER DATABASE "gamma_dev_db" CONNECTION LIMIT 0'),
    ],
    b: { alpha: { undeclared: 'keep' }, gamma: { undeclared: 'keep' } },
    leaving: 'marker last',
  }),
  'a guest of two schemas goes with the stack': (version) => ({
    ...quiet,
    version,
    a: {
      alpha: { schemas: ['app', 'more'] },
      delta: { access_level: 'reader', database_of: 'alpha', schemas: ['app', 'more'] },
    },
    b: {
      alpha: { schemas: ['app', 'more'] },
      delta: { access_level: 'reader', database_of: 'alpha', schemas: ['app', 'more'] },
    },
    ends: true,
  }),
}
