import test from 'ava'
import { Secret } from '../../../src/model/secret.ts'
import {
  actAs,
  alterRole,
  commentOnRole,
  createRole,
  grantAdministration,
  grantRole,
  holdRole,
  releaseRole,
  resetInDatabase,
  revokeRole,
  setInDatabase,
} from '../../../src/sql/role.ts'

test('CREATE ROLE names what is asked for, and prints no verifier', (t) => {
  t.is(createRole('r', { login: true }).reveal(), 'CREATE ROLE "r" LOGIN')
  const statement = createRole('r', {
    login: true,
    createDb: true,
    connectionLimit: 3,
    validUntil: new Date('2040-01-01T00:00:00.123Z'),
    verifier: new Secret(`SCRAM-SHA-256$4096:a'b`),
  })
  const words = `CREATE ROLE "r" LOGIN CREATEDB CONNECTION LIMIT 3 VALID UNTIL '2040-01-01T00:00:00.123Z' PASSWORD`
  t.is(statement.reveal(), `${words} 'SCRAM-SHA-256$4096:a''b'`)
  t.is(statement.redacted, `${words} '[redacted]'`)
  t.is(String(statement), statement.redacted)
  t.is(JSON.stringify({ statement }), JSON.stringify({ statement: statement.redacted }))
})

test('ALTER ROLE takes away as it gives', (t) => {
  t.is(
    alterRole('r', { createDb: false, createRole: false, connectionLimit: -1, validUntil: null }).reveal(),
    `ALTER ROLE "r" NOCREATEDB NOCREATEROLE CONNECTION LIMIT -1 VALID UNTIL 'infinity'`,
  )
  t.is(alterRole('r', { verifier: null }).reveal(), 'ALTER ROLE "r" PASSWORD NULL')
})

test('the membership of the admin is granted without INHERIT and revoked by its grantor from 16 on', (t) => {
  t.is(holdRole(150000, 'o', 'a').reveal(), 'GRANT "o" TO "a"')
  t.is(releaseRole(150000, 'o', 'a').reveal(), 'REVOKE "o" FROM "a"')
  t.is(holdRole(160000, 'o', 'a').reveal(), 'GRANT "o" TO "a" WITH INHERIT FALSE, SET TRUE')
  t.is(releaseRole(160000, 'o', 'a').reveal(), 'REVOKE "o" FROM "a" GRANTED BY "a"')
})

test('memberships, comments and settings', (t) => {
  t.is(grantRole('r', 'm').reveal(), 'GRANT "r" TO "m"')
  t.is(revokeRole('r', 'm').reveal(), 'REVOKE "r" FROM "m"')
  t.is(grantAdministration('r', 'm').reveal(), 'GRANT "r" TO "m" WITH ADMIN TRUE, INHERIT FALSE, SET FALSE')
  t.is(commentOnRole('r', `{"a":"it's"}`).reveal(), `COMMENT ON ROLE "r" IS '{"a":"it''s"}'`)
  t.is(
    setInDatabase('r', 'd', 'search_path', ['a', '$user', 'b"c']).reveal(),
    `ALTER ROLE "r" IN DATABASE "d" SET "search_path" = 'a', '$user', 'b"c'`,
  )
  t.is(resetInDatabase('r', 'd', 'work_mem').reveal(), 'ALTER ROLE "r" IN DATABASE "d" RESET "work_mem"')
})

test('what follows runs as a role until the transaction ends', (t) => {
  t.is(actAs('r"'), 'SET LOCAL ROLE "r"""')
  t.is(actAs(null), 'RESET ROLE')
})
