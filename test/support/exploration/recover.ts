/** Whether a state is one that a run gets out of, by itself or after what a person did is taken back. */
import type { Application } from '../../../src/model/declaration.ts'
import { byHand } from '../server-model/by-hand.ts'
import { ModelServer } from '../server-model/server.ts'
import { leftoversIn } from '../server-model/leftovers.ts'
import { cloneState, type ModelDatabase } from '../server-model/state.ts'
import { claimsOf } from './keys.ts'
import { Process } from './process.ts'
import { declaredRights, rightsIn, TABLE } from './rights.ts'
import { begin, passwordIn, type Spec } from './runs.ts'
import type { Hand, Scene, Start } from './scene.ts'

interface Recovered {
  readonly codes: readonly string[]
  /** What was done. */
  readonly log: readonly string[]
  readonly told: readonly string[]
}

/** A run that nobody disturbs. */
export async function runAlone(start: Start, spec: Spec): Promise<{ after: Start; ran: Recovered }> {
  const server = new ModelServer(start.state.version)
  server.state = cloneState(start.state)
  const secrets = { ...start.secrets }
  const process = new Process(server, new Map())
  await process.start((own) => begin(spec, secrets, own))
  while (process.ended === null) await process.step()
  process.kill()
  const { problems } = process.ended
  const ran = {
    codes: problems.map(({ code }) => code),
    log: process.log,
    told: problems.map(({ code, message }) => `${code}: ${message}`),
  }
  return { after: { state: server.state, secrets }, ran }
}

/**
 * @param needs whether every apply has to come to the end that it declares, or one of them, where two states quarrel
 * @param hand what a person did before
 * @returns what does not hold
 */
export async function checkRecovery(
  start: Start,
  { specs, needs }: Pick<Scene, 'specs' | 'needs'>,
  hand: Hand | null,
): Promise<string[]> {
  const wrong: string[] = []
  let isDone = false
  for (const spec of specs.filter(({ run }) => run === 'apply')) {
    const found = await settle(start, spec, hand)
    isDone ||= found.isDone
    wrong.push(...found.wrong)
  }
  return isDone && needs === 'one' ? wrong.filter((item) => !item.startsWith(STOPPED)) : wrong
}

/** With `adopt_existing` in every entry. */
function adopting(spec: Spec): Spec {
  const { declaration } = spec
  const adopts = (application: Application): Application => ({ ...application, adoptExisting: true })
  const databases = declaration.databases.map((database) => ({
    ...database,
    owner: adopts(database.owner),
    guests: database.guests.map((guest) => ({ ...guest, ...adopts(guest) })),
  }))
  return { ...spec, declaration: { ...declaration, applications: declaration.applications.map(adopts), databases } }
}

const STOPPED = 'stopped: '

async function settle(
  start: Start,
  spec: Spec,
  hand: Hand | null,
): Promise<{ readonly isDone: boolean; readonly wrong: readonly string[] }> {
  let { after, ran } = await runAlone(start, spec)
  // What the admin held for a run that was cut off it gives back, whatever stands in the way of the rest.
  const own = new Map([...claimsOf(after.state)].filter(([, claim]) => claim === spec.declaration.claim))
  const left = leftoversIn(after.state, own).map((item) => `${item} after ${spec.name}`)
  if (left.length > 0) return { isDone: false, wrong: left }
  const isMeant = hand !== null && ran.codes.length > 0 && ran.codes.every((code) => hand.codes.includes(code))
  if (isMeant) {
    const server = new ModelServer(after.state.version)
    server.state = after.state
    for (const operation of hand.undoes) byHand(server, operation)
    const next = hand.adopts === true ? adopting(spec) : spec
    ;({ after, ran } = await runAlone({ ...after, state: server.state }, next))
  }
  if (ran.codes.length > 0)
    return { isDone: false, wrong: [`${STOPPED}${spec.name} converges no more: ${ran.told.join(' ')}`] }
  const again = await runAlone(after, spec)
  const wrong = [
    ...(again.ran.log.length > 0 ? [`${spec.name} is never done: ${again.ran.log.join('; ')}`] : []),
    ...differences(after, spec, hand),
  ]
  return { isDone: wrong.length === 0, wrong }
}

/** Logins of the declaration have what it gives, and no more, and the password of their secret. */
function differences({ state, secrets }: Start, { name, declaration }: Spec, hand: Hand | null): string[] {
  const wanted = declaredRights(declaration)
  const logins = new Set(declaration.applications.map(({ username }) => username))
  const databases = new Set(declaration.databases.map((database) => database.name))
  const found = rightsIn(state).filter((right) => {
    const [login = '', , database = ''] = right.split(' ')
    return logins.has(login) && databases.has(database)
  })
  const passwords = [...logins].filter((login) => state.roles.get(login)?.password !== passwordIn(secrets, login))
  // Whoever may read and write can be seen where its owner has made its table.
  const isSeen = (database: ModelDatabase | undefined): boolean =>
    database?.objects.some(({ schema, name: table }) => schema === TABLE.schema && table === TABLE.name) === true
  const isThere = (right: string): boolean => {
    const [, words = '', database = ''] = right.split(' ')
    return found.includes(right) || (words !== 'enter' && words !== 'own' && !isSeen(state.databases.get(database)))
  }
  return [
    ...wanted.filter((right) => !isThere(right)).map((right) => `missing after ${name}: ${right}`),
    // What a person gave outlasts a run that reports it.
    ...(hand === null ? found.filter((right) => !wanted.includes(right)) : []).map(
      (right) => `too much after ${name}: ${right}`,
    ),
    ...(hand === null ? leftoversIn(state, state.roles) : []).map((item) => `${item} after ${name}`),
    ...passwords.map((login) => `the password of ${login} is not its secret's after ${name}`),
  ]
}
