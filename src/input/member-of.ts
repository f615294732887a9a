/** `member_of` of entries: names of other entries and of predefined roles, as the roles that they are. */
import type { Problem } from '../model/problem.ts'
import { isPredefined, PREDEFINED_ROLES, refusalOf } from '../model/predefined-roles.ts'
import type { ApplicationEntry } from './application.ts'
import { show, suggestion } from './text.ts'

/** What is said of memberships, and what contradicts itself. */
export interface ParsedMemberships {
  /** Entry to the roles that its login is a member of, by their names on the server; sorted. */
  readonly roles: ReadonlyMap<string, readonly string[]>
  readonly problems: readonly Problem[]
}

/** Each entry may name the others, whatever their order; nobody is a member of itself, through others either. */
export function parseMemberships(entries: readonly ApplicationEntry[]): ParsedMemberships {
  const byName = new Map(entries.map((entry) => [entry.application.name, entry]))
  const links = new Map(
    entries.map((entry) => [
      entry.application.name,
      entry.memberOf.filter((name) => !isPredefined(name) && byName.has(name)),
    ]),
  )
  const roles = entries.map(({ application: { name }, memberOf }): [string, string[]] => [
    name,
    [
      ...new Set(
        memberOf.flatMap((other) => (isPredefined(other) ? other : (byName.get(other)?.application.username ?? []))),
      ),
    ].sort(),
  ])
  return {
    roles: new Map(roles),
    problems: entries.flatMap((entry) => [
      ...nameProblems(entry, byName),
      ...cycleProblems(entry.application.name, links),
      ...tokenProblems(entry, byName, links),
    ]),
  }
}

function memberOfProblem(application: string, message: string, remedy: string): Problem {
  return { application, code: 'invalid_value', field: 'member_of', message, remedy }
}

function nameProblems(
  { application: { name }, memberOf }: ApplicationEntry,
  byName: ReadonlyMap<string, ApplicationEntry>,
): Problem[] {
  return memberOf.flatMap((other) => {
    const refusal = refusalOf(other)
    if (refusal !== null)
      return [memberOfProblem(name, `nobody is made a member of ${other}: ${refusal}.`, 'Take it out.')]
    if (isPredefined(other) || byName.has(other)) return []
    const near = suggestion(other, [...byName.keys(), ...PREDEFINED_ROLES])
    const remedy = `Use the key of an entry, or one of ${PREDEFINED_ROLES.join(', ')}.${near}`
    return [memberOfProblem(name, `${show(other)} is neither an entry nor a role that may be given.`, remedy)]
  })
}

/** The shortest way from the entry to itself, told once: at the first of its entries by name. */
function cycleProblems(name: string, links: ReadonlyMap<string, readonly string[]>): Problem[] {
  const way = wayTo(name, links, (other) => other === name)
  if (way === null || way.some((other) => other < name)) return []
  const message = `${[name, ...way].join(' is a member of ')}: no role can be a member of itself.`
  return [memberOfProblem(name, message, 'Take one of them out.')]
}

/** RDS asks members of an IAM login for a token, through others too (src/README.md: IAM and PAM). */
function tokenProblems(
  { application: { name, auth } }: ApplicationEntry,
  byName: ReadonlyMap<string, ApplicationEntry>,
  links: ReadonlyMap<string, readonly string[]>,
): Problem[] {
  if (auth !== 'password') return []
  const way = wayTo(name, links, (other) => byName.get(other)?.application.auth === 'iam')
  if (way === null) return []
  const message = `${[name, ...way].join(' is a member of ')}, which logs in by IAM: RDS would refuse its password.`
  return [memberOfProblem(name, message, 'Take it out, or set auth = "iam".')]
}

/** Along memberships, the shortest way to what is sought, without where it begins; null: there is none. */
function wayTo(
  from: string,
  links: ReadonlyMap<string, readonly string[]>,
  isSought: (name: string) => boolean,
): readonly string[] | null {
  const seen = new Set<string>()
  let ways: readonly (readonly string[])[] = [[]]
  while (ways.length > 0) {
    const longer = ways.flatMap((way) => (links.get(way.at(-1) ?? from) ?? []).map((next) => [...way, next]))
    const found = longer.find((way) => isSought(way.at(-1) ?? ''))
    if (found !== undefined) return found
    ways = longer.filter((way) => {
      const last = way.at(-1) ?? ''
      const isNew = !seen.has(last)
      seen.add(last)
      return isNew
    })
  }
  return null
}
