/**
 * One server with ten applications that mind their own business, and attackers one after the other beside them. Each
 * attack is a run under attack, judged by the server's catalogs and the audit's fields, and a calm run after it.
 */
import test, { type ExecutionContext } from 'ava'
import type { AuditRecord } from '../../../src/model/audit.ts'
import { createTextReporter } from '../../../src/audit/text.ts'
import { Bed, type Entry, type Outcome, type Stack, VERSIONS } from '../provision.ts'
import type { PostgresVersion } from '../postgres.ts'
import { type Attack, type End, endsOf, type Who } from './attack.ts'
import { Calm } from './calm.ts'
import { Field } from './field.ts'
import { tellFigure } from './figures.ts'
import { isKeptOut, OTHERS, othersDone, othersWith } from './others.ts'
import { isTried } from './sample.ts'

/** What an attack may cost the others (src/README.md: Whose trouble it is). */
const LONGEST_MS = 5_000

/** A calm run takes less than this on a machine of its own. */
const USUAL_MS = 2_000

/** How much slower a busy machine is: what an attack costs takes so much longer too. */
function slowness(calmMs: number): number {
  return Math.max(1, calmMs / USUAL_MS)
}

interface Side {
  readonly bed: Bed
  readonly stack: Stack
  readonly calm: Calm
  readonly fields: readonly Field[]
  /** How often the others were changed; they are changed anew in each run. */
  round: number
}

/** Declares a test for each attack, on each version where it can be done. */
export function declareAttacks(
  who: Who,
  attacks: readonly Attack[],
  settings: Readonly<Record<string, string>> = {},
): void {
  for (const version of VERSIONS) {
    const possible = attacks.filter(({ on = () => true }, index) => on(version) && isTried(index, version))
    const state: { side: Side | null } = { side: null }
    test.serial.before(`PostgreSQL ${version}: ten applications, and those that attack`, async () => {
      state.side = await takeSides(version, possible, settings)
    })
    test.after.always(`stop PostgreSQL ${version}`, async () => state.side?.bed.stop())
    for (const [index, attack] of possible.entries())
      test.serial(`PostgreSQL ${version}: the ${who} ${attack.name}`, async (t) => {
        const field = state.side?.fields[index]
        if (state.side === null || field === undefined) throw new Error('the server did not start')
        await fight(t, who, attack, field, state.side)
      })
  }
}

async function takeSides(
  version: PostgresVersion,
  attacks: readonly Attack[],
  settings: Readonly<Record<string, string>>,
): Promise<Side> {
  const bed = await Bed.start({ settings, version })
  bed.aws.putInstance('db-1')
  const stack = bed.declare({}, { stack: 'hostile', secret_prefix: 'hostile', lock_timeout: 20 })
  const fields = attacks.map((attack, index) => new Field(bed, stack, `a${String(index).padStart(2, '0')}`, attack))
  const calm = new Calm(stack)
  const side: Side = { bed, stack, calm, fields, round: 0 }
  stack.applications = {
    ...othersWith(0),
    ...calm.entries,
    ...Object.fromEntries(fields.flatMap(({ entries }) => Object.entries(entries))),
  }
  await stack.applyOk()
  await calm.measure(attacks, () => (side.round += 1))
  return side
}

async function fight(t: ExecutionContext, who: Who, attack: Attack, field: Field, side: Side): Promise<void> {
  const { stack, calm, bed } = side
  const { version } = bed.server
  stack.applications = { ...othersWith(side.round), ...field.entries }
  await attack.prepare?.(field)
  const declared = attack.removes === undefined ? changed(attack, field) : without(field, attack.removes)
  let outcome: Outcome
  let removal: Outcome | null = null
  let ms: number
  side.round += 1
  try {
    await attack.begin(field)
    const started = performance.now()
    if (attack.removes !== undefined) removal = await stack.destroy(field.key(attack.removes))
    stack.applications = { ...othersWith(side.round), ...declared }
    outcome = await stack.apply()
    ms = performance.now() - started
    await isJudged(t, attack, field, { outcome, removal }, side.round)
    await attack.proof?.(t, field, outcome)
  } finally {
    await field.over()
  }
  await attack.mend?.(field)
  const quiet = await calm.after(attack, field, () => (side.round += 1), declared)
  t.is(quiet.outcome.audit.run.exit_code, 0, quiet.outcome.audit.run.error ?? '')
  t.is(quiet.outcome.audit.run.applications?.done, Object.keys(stack.applications).length)
  t.deepEqual(await othersDone(bed.server, side.round), OTHERS)
  t.deepEqual(await isKeptOut(bed.server, field.users), [])
  const lost = Math.max(0, ms - quiet.ms)
  if (attack.stopsAll === undefined)
    t.true(
      lost <= (attack.costs ?? LONGEST_MS) * slowness(quiet.ms),
      `took ${ms.toFixed()} ms, a calm run ${quiet.ms.toFixed()} ms`,
    )
  t.log(`${lost.toFixed()} ms lost`)
  const ended = [removal, outcome].flatMap((one) => one?.records ?? [])
  tellFigure({
    who,
    name: attack.name,
    version,
    others: attack.stopsAll ? 'stopped' : 'done',
    lostMs: lost,
    audit: inWords(attack, ended),
  })
}

interface Ran {
  readonly outcome: Outcome
  readonly removal: Outcome | null
}

async function isJudged(
  t: ExecutionContext,
  attack: Attack,
  field: Field,
  { outcome, removal }: Ran,
  round: number,
): Promise<void> {
  const { server } = field.bed
  const { audit } = outcome
  const records = [...(removal?.records ?? []), ...outcome.records]
  if (attack.stopsAll === true) {
    t.is(audit.run.applications, null)
    t.not(audit.run.exit_code, 0)
  } else {
    t.deepEqual(await othersDone(server, round), OTHERS, audit.run.error ?? 'no error')
    const { done = 0, blocked = [], failed = [], not_begun: notBegun = [] } = audit.run.applications ?? {}
    const left = [...blocked, ...failed, ...notBegun]
    t.true(
      left.every((name) => name.startsWith(field.id)),
      left.join(),
    )
    // A removal that is blocked stays asked for, and the run tells of it, too.
    const declared = left.filter((name) => field.stack.applications[name] !== undefined)
    t.is(done + declared.length, Object.keys(field.stack.applications).length)
  }
  const ends = await endsFor(field, { outcome, removal }, attack)
  for (const [role, expected] of Object.entries(endsOf(attack, server.version)))
    t.true(
      [expected].flat().includes(ends.get(role) ?? 'done'),
      `${role} is ${ends.get(role) ?? 'done'}: ${audit.run.error ?? ''} ${removal?.audit.run.error ?? ''}`,
    )
  for (const [role, end] of ends)
    if (endsOf(attack, server.version)[role] === undefined) t.is(end, 'done', `${role}: ${audit.run.error ?? ''}`)
  const wrong = records.filter(({ status }) => status === 'blocked' || status === 'failed')
  t.deepEqual(
    wrong
      .filter(({ code }) => !(attack.codes ?? []).some((one) => one === code))
      .map(({ code, message }) => [code, message]),
    [],
  )
  for (const told of attack.tells ?? [])
    t.true(
      records.some(
        (record) =>
          isAbout(field, told.role, record) &&
          record.object === told.object &&
          record.action === told.action &&
          record.status === told.status,
      ),
      `not told: ${JSON.stringify(told)}; but ${JSON.stringify(records.filter(({ status, application }) => status !== 'no_change' && (application === null || application.startsWith(field.id))).map(({ object, action, status, username, message }) => [object, action, status, username, message]))}`,
    )
  t.deepEqual(await isKeptOut(server, field.users), [])
  isCleanlyTold(t, outcome, removal)
}

function isAbout(field: Field, role: string | null, { application, username }: AuditRecord): boolean {
  return role === null || application === field.key(role) || username === field.user(role)
}

/** What the audits say has become of each of the cast. */
async function endsFor(field: Field, { outcome, removal }: Ran, { removes }: Attack): Promise<Map<string, End>> {
  const { blocked = [], failed = [], not_begun: notBegun = [] } = outcome.audit.run.applications ?? {}
  const ends = new Map<string, End>()
  for (const [end, names] of Object.entries({ blocked, failed, not_begun: notBegun }))
    for (const name of names) ends.set(name.slice(field.id.length + 1), end as End)
  if (removes !== undefined && removal !== null) ends.set(removes, await endOfLeaver(field, removes, removal))
  return ends
}

/** A leaver is gone, or it is closed: never in. */
async function endOfLeaver(field: Field, role: string, removal: Outcome): Promise<End> {
  const { server } = field.bed
  const user = field.user(role)
  if ((await server.sql('SELECT FROM pg_roles WHERE rolname = $1', [user])).length === 0) return 'gone'
  const isIn = await server.canLogin(user, field.stack.password(field.key(role)))
  const sessions = await server.sql('SELECT FROM pg_stat_activity WHERE usename = $1', [user])
  if (isIn || sessions.length > 0) return 'done'
  return removal.audit.run.exit_code === 0 ? 'failed' : 'closed'
}

/** Nothing that a tenant wrote steers a terminal, adds a line or tells a password. */
function isCleanlyTold(t: ExecutionContext, ...outcomes: readonly (Outcome | null)[]): void {
  for (const outcome of outcomes) {
    if (outcome === null) continue
    t.notRegex(JSON.stringify(outcome.audit), /hunter2|SCRAM-SHA-256\$\d/)
    const lines: string[] = []
    const reporter = createTextReporter({ write: (line) => lines.push(line), colour: false, listUnchanged: true })
    for (const record of outcome.records) reporter.record(record)
    reporter.finish(outcome.audit, outcome.problems, [])
    for (const line of lines) t.notRegex(line.slice(0, -1), /[\p{Cc}\u2028\u2029\u202a-\u202e]/u)
  }
}

/** For the guide: what was told of the attack. */
function inWords({ tells = [], removes }: Attack, records: readonly AuditRecord[]): string {
  const wrong = records
    .filter(({ status }) => status === 'failed' || status === 'blocked')
    .map(({ status, code }) => `${status}: ${String(code)}`)
  const all = [...new Set([...wrong, ...tells.map(({ object, action, status }) => `${object} ${action}: ${status}`)])]
  return all.length > 0 ? all.join('; ') : removes === undefined ? 'done' : 'removed'
}

function changed({ change }: Attack, field: Field): Readonly<Record<string, Entry>> {
  const more =
    change ??
    Object.fromEntries(
      Object.keys(field.entries).map((key) => [key.slice(field.id.length + 1), { connection_limit: 17 }]),
    )
  return field.with(more)
}

function without(field: Field, role: string): Readonly<Record<string, Entry>> {
  return Object.fromEntries(Object.entries(field.entries).filter(([key]) => key !== field.key(role)))
}
