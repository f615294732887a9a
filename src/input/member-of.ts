/** `member_of` and `acts_as` of entries: names of other entries and of predefined roles, as the roles that they are. */
import type { Problem } from '../model/problem.ts'
import { isPredefined, PREDEFINED_ROLES, refusalOf } from '../model/predefined-roles.ts'
import type { ApplicationEntry } from './application.ts'
import { show, suggestion } from './text.ts'

/** What is said of memberships, and what contradicts itself. */
export interface ParsedMemberships {
  /** Entry to the roles that its login is a member of, by their names on the server; sorted. */
  readonly roles: ReadonlyMap<string, readonly string[]>
  /** Entry to the role that it acts as, one of those. */
  readonly actors: ReadonlyMap<string, string>
  readonly problems: readonly Problem[]
}

/** Each entry may name the others, whatever their order; nobody is a member of itself, through others either. */
export function parseMemberships(entries: readonly ApplicationEntry[]): ParsedMemberships {
  const byName = new Map(entries.map((entry) => [entry.application.name, entry]))
  // An entry with `login_of` stands for the one whose login it uses: two entries, and one role.
  const holderOf = (name: string): string => byName.get(name)?.application.loginOf ?? name
  const links = new Map(
    entries.map((entry) => [
      entry.application.name,
      joined(entry)
        .filter((name) => !isPredefined(name) && byName.has(name))
        .map(holderOf),
    ]),
  )
  const loginOf = (name: string | null): string[] => {
    const entry = name === null || isPredefined(name) ? undefined : byName.get(name)
    return entry === undefined ? [] : [entry.application.username]
  }
  const roles = entries.map((entry): [string, string[]] => [
    entry.application.name,
    [...new Set(joined(entry).flatMap((other) => (isPredefined(other) ? other : loginOf(other))))].sort(),
  ])
  const actors = entries.flatMap(({ application: { name }, actsAs }) =>
    loginOf(actsAs).map((role): [string, string] => [name, role]),
  )
  return {
    roles: new Map(roles),
    actors: new Map(actors),
    problems: entries.flatMap((entry) => [
      ...nameProblems(entry, byName),
      ...actorProblems(entry, byName),
      ...cycleProblems(entry, links),
      ...tokenProblems(entry, byName, links),
    ]),
  }
}

/** Who acts as a role is its member. */
function joined({ memberOf, actsAs }: ApplicationEntry): readonly string[] {
  return actsAs === null ? memberOf : [...memberOf, actsAs]
}

type Field = 'member_of' | 'acts_as'

function membershipProblem(application: string, field: Field, message: string, remedy: string): Problem {
  return { application, code: 'invalid_value', field, message, remedy }
}

/** Of what is wrong with all memberships of an entry. */
function fieldOf({ memberOf }: ApplicationEntry): Field {
  return memberOf.length > 0 ? 'member_of' : 'acts_as'
}

function actorProblems(
  { application: { name }, actsAs }: ApplicationEntry,
  byName: ReadonlyMap<string, ApplicationEntry>,
): Problem[] {
  if (actsAs === null || (byName.has(actsAs) && !isPredefined(actsAs))) return []
  const remedy = `Use the key of an entry.${suggestion(actsAs, [...byName.keys(), name])}`
  return [membershipProblem(name, 'acts_as', `${show(actsAs)} is no entry.`, remedy)]
}

function nameProblems(
  { application: { name }, memberOf }: ApplicationEntry,
  byName: ReadonlyMap<string, ApplicationEntry>,
): Problem[] {
  return memberOf.flatMap((other) => {
    const refusal = refusalOf(other)
    if (refusal !== null)
      return [membershipProblem(name, 'member_of', `nobody is made a member of ${other}: ${refusal}.`, 'Take it out.')]
    if (isPredefined(other) || byName.has(other)) return []
    const near = suggestion(other, [...byName.keys(), ...PREDEFINED_ROLES])
    const remedy = `Use the key of an entry, or one of ${PREDEFINED_ROLES.join(', ')}.${near}`
    return [
      membershipProblem(name, 'member_of', `${show(other)} is neither an entry nor a role that may be given.`, remedy),
    ]
  })
}

/** The shortest way from the entry to itself, told once: at the first of its entries by name. */
function cycleProblems(entry: ApplicationEntry, links: ReadonlyMap<string, readonly string[]>): Problem[] {
  const { name } = entry.application
  const way = wayTo(name, links, (other) => other === name)
  if (way === null || way.some((other) => other < name)) return []
  const message = `${[name, ...way].join(' is a member of ')}: no role can be a member of itself.`
  return [membershipProblem(name, fieldOf(entry), message, 'Take one of them out.')]
}

/** RDS asks members of an IAM login for a token, through others too (src/README.md: IAM and PAM). */
function tokenProblems(
  entry: ApplicationEntry,
  byName: ReadonlyMap<string, ApplicationEntry>,
  links: ReadonlyMap<string, readonly string[]>,
): Problem[] {
  const { name, auth } = entry.application
  if (auth !== 'password') return []
  const way = wayTo(name, links, (other) => byName.get(other)?.application.auth === 'iam')
  if (way === null) return []
  const message = `${[name, ...way].join(' is a member of ')}, which logs in by IAM: RDS would refuse its password.`
  return [membershipProblem(name, fieldOf(entry), message, 'Take it out, or set auth = "iam".')]
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
