/** A walk on the model, and what has to hold after it. */
import { applyTo, type Applied } from './apply.ts'
import { declare, type Entries, type Operation, OTHER, STRANGERS, type Walk } from './generate.ts'
import { projection, strangersOf } from './compare.ts'
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

/** Runs of B until one finds nothing to do and nothing in its way. */
const MAX_RUNS = 3

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
  const server = new ModelServer(walk.version * 10000)
  const wrong: string[] = []
  const [a, b] = [declare(walk.a), declare(walk.b)]
  for (const item of walk.mess) byHand(server, item)
  await expectDone(server, OTHER, wrong)
  const before = strangersOf(server.state, [...STRANGERS, 'omega_dev_user', 'psi_dev_user'])
  const first = await applyTo(server, a)
  wrong.push(...unexpected('A', first))
  wrong.push(...lost(before, strangersOf(server.state, [...STRANGERS, 'omega_dev_user', 'psi_dev_user']), 'by A'))
  for (const item of walk.damage) byHand(server, item)
  const oids = new Map([...server.state.databases.values()].map(({ oid, name }) => [oid, name]))
  const meanwhile = strangersOf(server.state, [...STRANGERS, 'omega_dev_user', 'psi_dev_user'])
  if (walk.cut !== null) await applyTo(server, b, walk.cut)
  let last = await applyTo(server, b)
  for (let runs = 1; runs < MAX_RUNS && last.refused.length > 0; runs += 1) last = await applyTo(server, b)
  wrong.push(...unexpected('B', last))
  wrong.push(...lost(meanwhile, strangersOf(server.state, [...STRANGERS, 'omega_dev_user', 'psi_dev_user']), 'by B'))
  const left = new Set([...server.state.databases.values()].map(({ oid }) => oid))
  wrong.push(...[...oids].filter(([oid]) => !left.has(oid)).map(([, name]) => `database ${name} is gone`))
  wrong.push(...leftovers(server))
  const codes = [...last.stopped, ...last.blocked].map(({ code }) => code)
  const isWhole = codes.length === 0 && last.refused.length === 0
  if (isWhole && wrong.length === 0) wrong.push(...missingOf(server, walk), ...(await againstFresh(server, walk)))
  return { kind: isWhole ? 'done' : 'blocked', codes: [...codes, ...last.refused], wrong, server }
}

async function expectDone(server: ModelServer, entries: Entries, wrong: string[]): Promise<void> {
  const applied = await applyTo(server, declare(entries, 'other'))
  if (applied.stopped.length > 0 || applied.blocked.length > 0) wrong.push('the other stack was stopped')
  wrong.push(...unexpected('the other stack', applied))
}

/** A membership by hand, or one that is kept, and a declared one the other way round: the server refuses the second. */
const CIRCLE = /^grant_membership: \S+ is a member of \S+$/

/** A run that ends has an end, and the server refuses nothing that was planned. */
function unexpected(what: string, { endless, refused, leftovers: left }: Applied): string[] {
  return [
    ...left.map((item) => `${what} left a membership: ${item}`),
    ...endless.map((item) => `${what} is never done: ${item}`),
    ...refused.filter((item) => !CIRCLE.test(item)).map((item) => `${what} was refused: ${item}`),
  ]
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
  const fresh = new ModelServer(walk.version * 10000)
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
