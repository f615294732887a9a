import test from 'ava'
import type { Credential } from '../../../src/model/credential.ts'
import { Secret } from '../../../src/model/secret.ts'
import { checkUsernames, nameApplications, secretIds } from '../../../src/secrets/assignments.ts'
import { parse, parseApps } from '../input/sample.ts'

const SHARED = { a: { secret_id: 's/1' }, b: { secret_id: 's/1' }, c: {}, d: { auth: 'iam', secret_id: 's/2' } }

function credential(secretId: string, username: string | null): [string, Credential] {
  return [secretId, { secretId, versionId: 'v', username, password: new Secret('p'), createdAt: null }]
}

test('secrets to read: the admin’s and those of password logins, each once', (t) => {
  t.deepEqual(secretIds(parseApps(SHARED).declaration), ['platform/dev/admin', 's/1', 'platform/dev/c/postgres'])
  t.deepEqual(secretIds(parse({ admin_auth: 'iam' }).declaration), [])
})

test('a problem of a secret is one of every application that uses it', (t) => {
  const problem = (field: string) => ({
    application: null,
    code: 'secret_not_found' as const,
    field,
    message: 'm',
    remedy: 'r',
  })
  const named = nameApplications(
    [problem('s/1'), problem('platform/dev/admin'), problem('platform/dev/c/postgres')],
    parseApps(SHARED).declaration,
  )
  t.deepEqual(
    named.map(({ application, field }) => [application, field]),
    [
      ['a', 's/1'],
      ['b', 's/1'],
      [null, 'platform/dev/admin'],
      ['c', 'platform/dev/c/postgres'],
    ],
  )
})

test('a secret that names a user names the application’s', (t) => {
  const { declaration } = parseApps({ a: {}, b: {}, c: {}, d: { auth: 'iam' }, e: {} })
  const credentials = new Map([
    credential('platform/dev/admin', 'whoever'),
    credential('platform/dev/a/postgres', 'a_dev_user'),
    credential('platform/dev/b/postgres', null),
    credential('platform/dev/c/postgres', 'A_dev_user'),
    credential('platform/dev/d/postgres', 'other'),
  ])
  const problems = checkUsernames(declaration, credentials)
  t.deepEqual(
    problems.map(({ application, field }) => [application, field]),
    [['c', 'platform/dev/c/postgres']],
  )
  t.regex(problems[0]?.message ?? '', /"A_dev_user".*"c_dev_user"/)
})
