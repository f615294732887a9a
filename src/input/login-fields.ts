/** Fields of the login, which stand in the entry that has it (src/README.md: The declaration). Pure. */
import type { Problem } from '../model/problem.ts'
import { show } from './text.ts'

/** What describes the login and not what it may do in a database: it stands in the entry that has the login. */
export const LOGIN_FIELDS = [
  'auth',
  'can_login',
  'can_create_databases',
  'connection_limit',
  'valid_until',
  'adopt_existing',
  'member_of',
  'acts_as',
] as const

/** Fields of the login beside `login_of`. */
export function describesLogin(application: string, field: string, loginOf: string): Problem {
  return {
    application,
    code: 'misplaced_field',
    field,
    message: `describes the login, which belongs to ${show(loginOf)}.`,
    remedy: `Set it in the entry ${show(loginOf)}.`,
  }
}
