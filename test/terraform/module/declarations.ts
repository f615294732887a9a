/** Declarations whose entries speak of one another. */
import type { Variables } from '../../support/terraform.ts'

/** An owner's entry, and one of its guests beside it. */
const guest = (fields: Variables): Variables => ({
  own: {},
  guest: { database_name: 'own_dev_db', access_level: 'reader', ...fields },
})

/** Plan time and the script accept or refuse each of them alike. */
export const DECLARATIONS: readonly Variables[] = [
  guest({ privileges: { tables: ['SELECT', 'TRUNCATE', 'SELECT'], sequences: null, functions: [] } }),
  guest({ privileges: { tables: ['TRIGGER'] } }),
  guest({ privileges: {} }),
]
