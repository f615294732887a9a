/** Any login of an application against all others (src/README.md: Whose trouble it is). */
import { LOGINS } from '../../support/hostile/logins.ts'
import { declareAttacks } from '../../support/hostile/war.ts'

declareAttacks('login', LOGINS, { max_prepared_transactions: '5' })
