/** What a remedy or warning asks a person to run, and running it as the login that it names. */
import type pg from 'pg'
import type { Bed } from './provision.ts'

export interface Instruction {
  readonly who: string
  /** null: on what belongs to the instance, from whichever database. */
  readonly database: string | null
  readonly sql: string
}

const VERBS = 'SET|SELECT|BEGIN|COMMIT|CREATE|GRANT|REVOKE|ALTER|DROP|DO|ROLLBACK|REASSIGN'
const STATEMENT = `(?:(?:${VERBS})\\b(?:'(?:[^']|'')*'|"(?:[^"]|"")*"|[^'";])*;)`
const NAME = `(?:U&)?"(?:[^"]|"")*"|[^\\s,:;]+`
const WHO = `a superuser|the master|the owner of \\S+(?= keep others out)|a login with [^:;]+?(?=, in )|${NAME}`
const INSTRUCTION = new RegExp(
  `(?:[Aa]s|connected to (?<at>${NAME}) as) (?<who>${WHO})` +
    `(?: or \\S+)?(?:, which owns it| keep others out|, or as a member of it, with CREATEDB and the right to grant \\S+)?` +
    `(?:, in (?<database>${NAME}))?: (?<sql>${STATEMENT}(?: ${STATEMENT})*)`,
  'g',
)

/** Everything that a text asks for, in order. */
export function instructionsIn(text: string): Instruction[] {
  return [...text.matchAll(INSTRUCTION)].map(({ groups }) => ({
    who: groups?.['who'] ?? '',
    database: groups?.['database'] ?? groups?.['at'] ?? null,
    sql: groups?.['sql'] ?? '',
  }))
}

/** `"a""b"` and `U&"a\000ab"` to the names that they are. */
export function nameOf(printed: string): string {
  const escaped = /^U&"(.*)"$/s.exec(printed)?.[1]
  if (escaped === undefined) return /^"(.*)"$/s.exec(printed)?.[1]?.replaceAll('""', '"') ?? printed
  return escaped
    .replaceAll('""', '"')
    .replace(/\\(?:\+([0-9a-f]{6})|([0-9a-f]{4})|\\)/g, (_all, six?: string, four?: string) => {
      const digits = six ?? four
      return digits === undefined ? '\\' : String.fromCodePoint(Number.parseInt(digits, 16))
    })
}

/**
 * Runs it with the rights of that login, over a connection that has what the owner of the database planted. A superuser
 * stands for the master where only RDS lets it.
 */
export async function follow(bed: Bed, { who, database, sql }: Instruction, planted = ''): Promise<void> {
  const at = nameOf(database ?? 'postgres')
  const login = nameOf(who)
  if (['a superuser', 'rdsadmin'].includes(login) || sql.includes('CREATE EXTENSION')) {
    await bed.server.sql(`${planted}${sql}`, [], at)
    return bed.server.forget(at)
  }
  const client = await connectAs(bed, login, at)
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}

async function connectAs({ server }: Bed, login: string, database: string): Promise<pg.Client> {
  if (login === 'the master' || login.startsWith('the owner of ') || login === server.master.user)
    return server.connect({ ...server.master, database })
  if (login === server.admin.user) return server.connect({ ...server.admin, database })
  const password = 'Pw_of_whoever_is_named'
  await server.setPassword(login, password)
  return server.connect({ user: login, password, database })
}

/** All that a text asks for, in order. @returns how much that was */
export async function followAll(bed: Bed, text: string, planted?: string): Promise<number> {
  const instructions = instructionsIn(text)
  for (const item of instructions) await follow(bed, item, planted)
  return instructions.length
}
