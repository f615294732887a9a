/** Whoever leaves or is lowered, against all others (src/README.md: Whose trouble it is). */
import { LEAVERS } from '../../support/hostile/leavers.ts'
import { declareAttacks } from '../../support/hostile/war.ts'

declareAttacks('leaver', LEAVERS, { max_prepared_transactions: '5' })
