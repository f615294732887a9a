import test from 'ava'
import {
  alterDatabaseOwner,
  alterSchemaOwner,
  joinRole,
  leaveRole,
  reassignInOneDatabase,
  reassignOwned,
} from '../../../src/sql/owner.ts'

test('who owns a database, a schema, everything of a role', (t) => {
  t.is(alterDatabaseOwner('d"', 'o').reveal(), 'ALTER DATABASE "d""" OWNER TO "o"')
  t.is(alterSchemaOwner('s', 'o"').reveal(), 'ALTER SCHEMA "s" OWNER TO "o"""')
  t.is(reassignOwned('x" TO "evil', 'o').reveal(), 'REASSIGN OWNED BY "x"" TO ""evil" TO "o"')
})

test('the role of whoever runs it, for as long as it takes', (t) => {
  t.is(joinRole('o"').reveal(), 'GRANT "o""" TO CURRENT_USER')
  t.is(leaveRole('o"').reveal(), 'REVOKE "o""" FROM CURRENT_USER GRANTED BY CURRENT_USER')
})

test('a handover gives back the databases that it was not about; names are quoted as often as they are nested', (t) => {
  t.is(
    reassignInOneDatabase(`f'"`, 't').reveal(),
    `DO 'DECLARE others pg_catalog.name[] := ARRAY(SELECT datname FROM pg_catalog.pg_database WHERE datdba = (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = ''f''''"'') AND datname <> pg_catalog.current_database()); other pg_catalog.name; ` +
      `BEGIN REASSIGN OWNED BY "f''""" TO "t"; ` +
      `FOREACH other IN ARRAY others LOOP EXECUTE pg_catalog.format(''ALTER DATABASE %I OWNER TO %I'', other, ''f''''"''); END LOOP; END'`,
  )
})
