/** An owner that may make databases, against all others (src/README.md: Whose trouble it is). */
import { OWNERS } from '../../support/hostile/owners.ts'
import { declareAttacks } from '../../support/hostile/war.ts'

declareAttacks('owner', OWNERS, { max_prepared_transactions: '5' })
