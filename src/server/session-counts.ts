/** Who is connected to a database, in words. */
import { sessions } from './removal-queries.ts'
import { readInteger, readText } from './row.ts'
import type { Session } from './session.ts'

/** @returns ` (sessions in app_dev_db: app_dev_user ×3)`; '' where nobody is there, or nobody can be asked any more. */
export async function describeSessions(session: Session, database: string | null): Promise<string> {
  if (database === null || session.lost !== null) return ''
  const [rows = []] = await session.query([sessions([], [database])])
  if (rows.length === 0) return ''
  return ` (sessions in ${database}: ${rows.map((row) => `${readText(row, 'login')} ×${String(readInteger(row, 'count'))}`).join(', ')})`
}
