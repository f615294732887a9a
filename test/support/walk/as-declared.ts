/** A server that is as declared: what is declared is there, and nothing else that a fresh server would not have. */
import type { Declaration } from '../../../src/model/declaration.ts'
import { OWN, projection } from './compare.ts'
import type { Walk } from './generate.ts'
import { ADMIN } from './names.ts'
import { applyTo, type Ran } from './runs.ts'
import { ModelServer } from './server.ts'
import type { State } from './state.ts'
import { byHand } from './walk.ts'

/** What is declared is there, whatever a fresh server would have got by the same planner; what is not told is. */
export function missingOf(state: State, b: Declaration, { document: { records } }: Ran): string[] {
  const own = b.applications.filter(({ loginOf }) => loginOf === null)
  const joined = own.flatMap(({ username, memberOf, actsAs }) =>
    [...memberOf, ...(actsAs === null ? [] : [actsAs])].map((role) => ({ username, role })),
  )
  const isThere = ({ username, role }: { username: string; role: string }): boolean =>
    state.memberships.some((item) => item.role === role && item.member === username)
  const holders = b.databases.flatMap(({ name, guests }) =>
    guests.filter(({ accessLevel }) => accessLevel !== 'none').map(({ username }) => ({ username, name })),
  )
  const mayConnect = ({ username, name }: { username: string; name: string }): boolean =>
    state.databases.get(name)?.acl.some(({ grantee, privilege }) => grantee === username && privilege === 'CONNECT') ===
    true
  const reported = new Set(own.filter(({ undeclared }) => undeclared !== 'keep').map(({ username }) => username))
  const isMeant = (role: string, member: string): boolean =>
    joined.some((item) => item.username === member && item.role === role)
  const kept = state.memberships.filter(
    ({ role, member, grantor }) =>
      grantor !== ADMIN && reported.has(member) && reported.has(role) && !isMeant(role, member),
  )
  const isTold = ({ role, member }: { role: string; member: string }): boolean =>
    records.some(({ status, message }) => status === 'warning' && message.includes(`${member} is a member of ${role}`))
  return [
    ...joined.filter((item) => !isThere(item)).map(({ username, role }) => `${username} is no member of ${role}`),
    ...holders.filter((item) => !mayConnect(item)).map(({ username, name }) => `${username} may not enter ${name}`),
    ...kept
      .filter((item) => !isTold(item))
      .map(({ role, member }) => `${member} stays a member of ${role}, and nobody is told`),
  ]
}

/** What the declaration says is as on a server where nothing else ever was. */
export async function againstFresh(server: ModelServer, b: Declaration, walk: Walk): Promise<string[]> {
  const fresh = new ModelServer(walk.version * 10_000)
  for (const item of walk.mess.filter(({ sql }) => !sql.includes('_dev_user'))) byHand(fresh, item)
  await applyTo(fresh, b)
  const foreign = new Set<string>()
  const [is, should] = [projection(server.state, b, foreign), projection(fresh.state, b)]
  const has = new Set(is)
  const wanted = new Set(should)
  return [
    // To PUBLIC nothing is given: what hands took from it stays away.
    ...should.filter((item) => !has.has(item) && !item.endsWith(' to ')).map((item) => `missing: ${item}`),
    ...is.filter((item) => !wanted.has(item) && !item.startsWith(OWN)).map((item) => `too much: ${item}`),
  ].filter((item) => ![...foreign].some((schema) => item.includes(` ${schema} `)))
}
