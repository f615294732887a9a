/** A walk on the model, and what has to hold after it. */
import { applyTo, type Ran } from './runs.ts'
import { checkRun, refusedIn } from './check-run.ts'
import { projection, strangersOf } from './compare.ts'
import { declare, type Operation, OTHER, STRANGERS, type Walk } from './generate.ts'
import { ModelServer } from './server.ts'
import { Refusal, SUPERUSER } from './state.ts'

/** How a walk ended. */
export interface Ending {
  /** `done`: as declared; `blocked`: something stood in the way of all or of some. */
  readonly kind: 'done' | 'blocked'
  /** Codes of what stood in the way. */
  readonly codes: readonly string[]
  /** What does not hold; empty: all does. */
  readonly wrong: readonly string[]
  readonly server: ModelServer
}

/** Whom nothing may happen to. */
const OTHERS = [...STRANGERS, 'omega_dev_user', 'psi_dev_user']

/** By hand; @returns the server's refusal, null where it did it. */
export function byHand(server: ModelServer, { as, database, sql }: Operation): string | null {
  try {
    server.transaction(() => {
      server.run(sql, { login: SUPERUSER, runAs: as, database })
    })
    return null
  } catch (error) {
    if (error instanceof Refusal) return error.message
    throw error
  }
}

/** The walk, step by step, on the model. */
export async function walkOn(walk: Walk): Promise<Ending> {
  const server = new ModelServer(walk.version * 10_000)
  const wrong: string[] = []
  const run = async (what: string, running: Promise<Ran>): Promise<Ran> => {
    const before = strangersOf(server.state, OTHERS)
    const ran = await running
    wrong.push(...checkRun(what, ran), ...refusedIn(ran).map((item) => `${what} was refused: ${item}`))
    wrong.push(...lost(before, strangersOf(server.state, OTHERS), `by ${what}`))
    return ran
  }
  for (const item of walk.mess) byHand(server, item)
  const other = await run('the other stack', applyTo(server, declare(OTHER, 'other')))
  if (other.problems.length > 0) wrong.push('the other stack was stopped')
  await run('A', applyTo(server, declare(walk.a)))
  for (const item of walk.damage) byHand(server, item)
  const oids = new Map([...server.state.databases.values()].map(({ oid, name }) => [oid, name]))
  const b = declare(walk.b)
  const uncut = walk.cut === null ? null : await applyTo(server.copy(), b)
  if (walk.cut !== null) await run('B, cut off', applyTo(server, b, { cut: walk.cut }))
  const last = await run('B', applyTo(server, b))
  if (uncut !== null) wrong.push(...onlyAfterCut(uncut, last))
  const left = new Set([...server.state.databases.values()].map(({ oid }) => oid))
  wrong.push(...[...oids].filter(([oid]) => !left.has(oid)).map(([, name]) => `database ${name} is gone`))
  wrong.push(...leftovers(server))
  const again = await run('B again', applyTo(server, b))
  const isDone = last.problems.length === 0
  if (again.log.length > 0) wrong.push(`B again is never done: ${again.log.join('; ')}`)
  if (isDone && wrong.length === 0) wrong.push(...missingOf(server, walk), ...(await againstFresh(server, walk)))
  return { kind: isDone ? 'done' : 'blocked', codes: last.problems.map(({ code }) => code), wrong, server }
}

/** A run that was cut off leaves nothing that stops the next one. */
function onlyAfterCut(uncut: Ran, last: Ran): string[] {
  const known = new Set(uncut.problems.map(({ application, code }) => JSON.stringify([application, code])))
  return last.problems
    .filter(({ application, code }) => !known.has(JSON.stringify([application, code])))
    .map(({ code, message }) => `only since B was cut off: ${code}: ${message}`)
}

function lost(before: readonly string[], after: readonly string[], when: string): string[] {
  const now = new Set(after)
  return before.filter((item) => !now.has(item)).map((item) => `lost ${when}: ${item}`)
}

/** The admin is a member of nobody once a run is over: it holds what it needs as long as it needs it. */
function leftovers({ state }: ModelServer): string[] {
  return state.memberships
    .filter(({ member, grantor, admin }) => member === 'platform_provisioner' && grantor === member && !admin)
    .map(({ role }) => `the admin is left in ${role}`)
}

/** What is declared is there, whatever a fresh server would have got by the same planner. */
function missingOf({ state }: ModelServer, walk: Walk): string[] {
  const b = declare(walk.b)
  const own = b.applications.filter(({ loginOf }) => loginOf === null)
  const joined = own.flatMap(({ username, memberOf }) => memberOf.map((role) => ({ username, role })))
  const isThere = ({ username, role }: { username: string; role: string }): boolean =>
    state.memberships.some((item) => item.role === role && item.member === username)
  const holders = b.databases.flatMap(({ name, guests }) =>
    guests.filter(({ accessLevel }) => accessLevel !== 'none').map(({ username }) => ({ username, name })),
  )
  const mayConnect = ({ username, name }: { username: string; name: string }): boolean =>
    state.databases.get(name)?.acl.some(({ grantee, privilege }) => grantee === username && privilege === 'CONNECT') ===
    true
  return [
    ...joined.filter((item) => !isThere(item)).map(({ username, role }) => `${username} is no member of ${role}`),
    ...holders.filter((item) => !mayConnect(item)).map(({ username, name }) => `${username} may not enter ${name}`),
  ]
}

/** What the declaration says is as on a server where nothing else ever was. */
async function againstFresh(server: ModelServer, walk: Walk): Promise<string[]> {
  const fresh = new ModelServer(walk.version * 10_000)
  for (const item of walk.mess.filter(({ sql }) => !sql.includes('_dev_user'))) byHand(fresh, item)
  const b = declare(walk.b)
  await applyTo(fresh, b)
  const foreign = new Set<string>()
  const [is, should] = [projection(server.state, b, foreign), projection(fresh.state, b)]
  const has = new Set(is)
  const wanted = new Set(should)
  return [
    ...should.filter((item) => !has.has(item)).map((item) => `missing: ${item}`),
    ...is.filter((item) => !wanted.has(item)).map((item) => `too much: ${item}`),
  ].filter((item) => ![...foreign].some((schema) => item.includes(` ${schema} `)))
}
