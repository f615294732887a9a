/** When a login ends by itself. PostgreSQL checks VALID UNTIL for passwords only (the manual, "CREATE ROLE"). */
import type { Application } from './declaration.ts'

type Login = Pick<Application, 'auth' | 'canLogin' | 'validUntil'>

/** Whether `valid_until` is over, and no password is there that the server would refuse for it: a run closes it. */
export function endsByRun({ auth, validUntil }: Pick<Login, 'auth' | 'validUntil'>, now: Date): boolean {
  return auth !== 'password' && validUntil !== null && validUntil.getTime() <= now.getTime()
}

/** Whether the role should have LOGIN. */
export function mayLogIn(login: Login, now: Date): boolean {
  return login.canLogin && !endsByRun(login, now)
}

/** Whether it has no LOGIN by its declaration, now or some day: then that is no sign of a removal. */
export function isClosedByDeclaration({ auth, canLogin, validUntil }: Login): boolean {
  return !canLogin || (auth !== 'password' && validUntil !== null)
}
