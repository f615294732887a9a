/** When a login ends by itself. PostgreSQL checks VALID UNTIL for passwords only (the manual, "CREATE ROLE"). */
import type { Application } from './declaration.ts'

type Login = Pick<Application, 'auth' | 'canLogin' | 'kept' | 'validUntil'>

/**
 * Whether the `valid_until` that is declared is over, and no password is there that the server would refuse for it: a
 * run closes it. What the server has and nobody declared ends nothing.
 */
export function endsByRun(login: Omit<Login, 'canLogin'>, now: Date): boolean {
  return isEndedByRuns(login) && login.validUntil !== null && login.validUntil.getTime() <= now.getTime()
}

/** Whether it is for a run to close the login once its `valid_until` is over. */
export function isEndedByRuns({ auth, kept }: Pick<Login, 'auth' | 'kept'>): boolean {
  return auth !== 'password' && !kept.has('valid_until')
}

/** Whether the role should have LOGIN. */
export function mayLogIn(login: Login, now: Date): boolean {
  return login.canLogin && !endsByRun(login, now)
}

/** Whether it may have no LOGIN by its declaration, now or some day: then that is no sign of a removal. */
export function isClosedByDeclaration(login: Login): boolean {
  return !login.canLogin || login.kept.has('can_login') || (isEndedByRuns(login) && login.validUntil !== null)
}
