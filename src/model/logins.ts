/** Logins of a declaration: several applications may use one (`login_of`). Pure. */
import type { Application, Declaration } from './declaration.ts'

/** The applications that have a login of their own, one for each login. */
export function ownLogins({ applications }: Pick<Declaration, 'applications'>): readonly Application[] {
  return applications.filter(({ loginOf }) => loginOf === null)
}

/** The application that has the login of this one: itself, or the one that it names. */
export function loginName({ name, loginOf }: Pick<Application, 'name' | 'loginOf'>): string {
  return loginOf ?? name
}

/** Logins that more than one application uses. */
export function sharedLogins({ applications }: Pick<Declaration, 'applications'>): ReadonlySet<string> {
  return new Set(applications.filter(({ loginOf }) => loginOf !== null).map(({ username }) => username))
}
