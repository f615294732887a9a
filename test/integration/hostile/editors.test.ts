/** A guest that writes, against its host and all others (src/README.md: Whose trouble it is). */
import { EDITORS } from '../../support/hostile/editors.ts'
import { declareAttacks } from '../../support/hostile/war.ts'

declareAttacks('editor', EDITORS, { max_prepared_transactions: '5' })
