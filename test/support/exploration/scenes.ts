/** The scenes that are explored: small declarations, and what may happen to them. */
import type { Declaration } from '../../../src/model/declaration.ts'
import { CLAIM, databaseOf, declare as declareStack, type Entries, TWIN, usernameOf } from '../walk/declare.ts'
import { ADMIN } from '../server-model/names.ts'
import { ModelServer } from '../server-model/server.ts'
import { by, byHand } from '../server-model/by-hand.ts'
import { runAlone } from './recover.ts'
import { TABLE } from './rights.ts'
import type { Run, Spec } from './runs.ts'
import type { Hand, Scene, Start } from './scene.ts'

/** One connection at a time: what a run does side by side has no order that could be told again. */
function declare(entries: Entries, claim = CLAIM): Declaration {
  return { ...declareStack(entries, { stack: 'model', claim }), maxConnections: 1 }
}

function spec(name: string, run: Run, declaration: Declaration, application: string | null = null): Spec {
  return { name, run, declaration, application }
}

const alone: Entries = { alpha: {} }
const withReader: Entries = { alpha: {}, beta: { database_of: 'alpha', access_level: 'reader' } }
const withEditor: Entries = { alpha: {}, beta: { database_of: 'alpha', access_level: 'editor' } }
const withOwner: Entries = { alpha: {}, beta: { cleanup_policy: 'delete' } }
const renamed: Entries = {
  alpha: {},
  gamma: { username: usernameOf('beta'), database_name: databaseOf('beta'), cleanup_policy: 'delete' },
}
const withMember: Entries = {
  ...withReader,
  gamma: { database_of: 'alpha', access_level: 'none', member_of: ['beta'] },
}

const withoutMember: Entries = { ...withReader, gamma: { database_of: 'alpha', access_level: 'none' } }

const STRANGER = 'stranger_1'
const [alpha, beta, database] = [usernameOf('alpha'), usernameOf('beta'), databaseOf('alpha')]

/** Somebody else on the server, and nobody of ours. */
function fresh(version: number): Start {
  const server = new ModelServer(version * 10_000)
  byHand(server, by(`CREATE ROLE "${STRANGER}" LOGIN`))
  return { state: server.state, secrets: { current: 1, isRotating: false } }
}

/** After a run, and its owners have made their tables. */
async function applied(version: number, declaration: Declaration): Promise<Start> {
  const { after, ran } = await runAlone(fresh(version), spec('before', 'apply', declaration))
  if (ran.codes.length > 0) throw new Error(ran.told.join(' '))
  const server = new ModelServer(after.state.version)
  server.state = after.state
  for (const { name, owner } of declaration.databases)
    byHand(server, by(`CREATE TABLE "${TABLE.schema}"."${TABLE.name}" ( )`, name, owner.username))
  return { ...after, state: server.state }
}

/** What a person does; `codes`: how a run may refuse to go on, until that is taken back. */
const HANDS: readonly Hand[] = [
  {
    name: 'the database is renamed',
    does: [by(`ALTER DATABASE "${database}" RENAME TO "renamed_db"`)],
    undoes: [by(`ALTER DATABASE "renamed_db" RENAME TO "${database}"`)],
    codes: ['renamed_database', 'missing_database'],
  },
  {
    name: 'a login is renamed',
    does: [by(`ALTER ROLE "${beta}" RENAME TO "renamed_user"`)],
    undoes: [by(`DROP ROLE "${beta}"`), by(`ALTER ROLE "renamed_user" RENAME TO "${beta}"`)],
    codes: ['renamed_role', 'missing_role'],
  },
  {
    name: "the admin's membership is taken",
    does: [by(`REVOKE "${alpha}" FROM "${ADMIN}"`)],
    undoes: [by(`GRANT "${alpha}" TO "${ADMIN}" WITH ADMIN OPTION`)],
    codes: ['missing_right'],
  },
  {
    name: 'the owner is another',
    does: [by(`ALTER DATABASE "${database}" OWNER TO "${STRANGER}"`)],
    undoes: [by(`ALTER DATABASE "${database}" OWNER TO "${alpha}"`)],
    codes: ['owner_mismatch'],
  },
  {
    name: "a role's tag is taken off",
    does: [by(`COMMENT ON ROLE "${alpha}" IS NULL`)],
    undoes: [],
    adopts: true,
    codes: ['unmanaged_role'],
  },
  {
    name: "a database's comment is taken off",
    does: [by(`COMMENT ON DATABASE "${database}" IS NULL`)],
    undoes: [],
    codes: [],
  },
  { name: 'a password is another', does: [by(`ALTER ROLE "${beta}" PASSWORD 'other'`)], undoes: [], codes: [] },
  {
    name: 'a login is made a member of the owner',
    does: [by(`GRANT "${alpha}" TO "${STRANGER}"`)],
    undoes: [],
    codes: [],
  },
]

/** Nobody at a prompt, and each apply comes through in the end. */
const PLAIN = { hands: [], needs: 'all', codes: [], keeps: [] } as const

/** Makes a scene on a version of PostgreSQL, within its bounds; `isLarge`: wider ones, which no machine has gone through to the end. */
export const SCENES: Readonly<Record<string, (version: number, isLarge: boolean) => Promise<Scene>>> = {
  'two runs of one state': (version, isLarge) =>
    Promise.resolve({
      ...PLAIN,
      specs: [spec('A', 'apply', declare(withReader)), spec('B', 'apply', declare(withEditor))],
      begins: fresh(version),
      bounds: { starts: isLarge ? 2 : 1, kills: isLarge ? 2 : 1, losses: isLarge ? 1 : 0, hands: 0 },
    }),
  'runs of two states': (version, isLarge) =>
    Promise.resolve({
      ...PLAIN,
      specs: [spec('A', 'apply', declare(alone)), spec('B', 'apply', declare(alone, TWIN))],
      begins: fresh(version),
      bounds: { starts: isLarge ? 2 : 1, kills: isLarge ? 2 : 1, losses: isLarge ? 1 : 0, hands: 0 },
      needs: 'one',
      codes: ['foreign_claim'],
    }),
  'a connection that breaks': (version, isLarge) =>
    Promise.resolve({
      ...PLAIN,
      specs: [spec('A', 'apply', declare(alone)), spec('B', 'apply', declare(alone, TWIN))],
      begins: fresh(version),
      bounds: { starts: 1, kills: 0, losses: isLarge ? 2 : 1, hands: 0 },
      needs: 'one',
      codes: ['foreign_claim'],
    }),
  'a removal, and who takes it back': async (version, isLarge) => ({
    ...PLAIN,
    specs: [
      spec('A', 'apply', declare(withOwner)),
      spec('the removal of beta', 'request', declare(withOwner), 'beta'),
      spec('B', 'apply', declare(alone)),
    ],
    begins: await applied(version, declare(withOwner)),
    bounds: { starts: 1, kills: isLarge ? 2 : 1, losses: isLarge ? 1 : 0, hands: 0 },
  }),
  'a key that is renamed, and the removal of the old one': async (version, isLarge) => ({
    ...PLAIN,
    specs: [spec('the removal of beta', 'request', declare(withOwner), 'beta'), spec('B', 'apply', declare(renamed))],
    begins: await applied(version, declare(withOwner)),
    bounds: { starts: isLarge ? 2 : 1, kills: isLarge ? 2 : 1, losses: isLarge ? 1 : 0, hands: 0 },
    keeps: [databaseOf('alpha'), databaseOf('beta')],
  }),
  'a person in the middle of a run': async (version, isLarge) => ({
    ...PLAIN,
    specs: [spec('A', 'apply', declare(withEditor))],
    hands: HANDS,
    begins: await applied(version, declare(withReader)),
    bounds: { starts: isLarge ? 2 : 1, kills: isLarge ? 1 : 0, losses: isLarge ? 1 : 0, hands: 1 },
  }),
  'a person in the middle of a first run': (version, isLarge) =>
    Promise.resolve({
      ...PLAIN,
      specs: [spec('A', 'apply', declare(alone))],
      // Whom a person makes a member of the owner gets what the owner is made later: no run gives that.
      hands: HANDS.filter(({ does }) => does.every(({ sql }) => !sql.includes(beta) && !sql.startsWith('GRANT'))),
      begins: fresh(version),
      bounds: { starts: isLarge ? 2 : 1, kills: isLarge ? 1 : 0, losses: 0, hands: 1 },
    }),
  'a membership, and a run that is cut off': async (version, isLarge) => ({
    ...PLAIN,
    specs: [spec('A', 'apply', declare(withMember)), spec('B', 'apply', declare(withoutMember))],
    begins: await applied(version, declare(withReader)),
    bounds: { starts: isLarge ? 2 : 1, kills: isLarge ? 2 : 1, losses: isLarge ? 1 : 0, hands: 0 },
  }),
  'the rotation of a secret': async (version, isLarge) => ({
    ...PLAIN,
    specs: [spec('A', 'apply', declare(withEditor)), spec('the rotation', 'rotate', declare(withReader), 'beta')],
    begins: await applied(version, declare(withReader)),
    bounds: { starts: 1, kills: isLarge ? 2 : 1, losses: isLarge ? 1 : 0, hands: 0 },
  }),
}
