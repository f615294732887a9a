/** How the versions of PostgreSQL are chosen that the integration tests run on. */
import test from 'ava'
import { chooseVersions } from '../../support/provision/versions.ts'

const without14 = (version: number): boolean => version !== 14

test('all that is installed, or those that are named, in their order', (t) => {
  t.deepEqual(chooseVersions('all', without14), [15, 16, 17, 18])
  t.deepEqual(chooseVersions('17', without14), [17])
  t.deepEqual(chooseVersions('18,15', without14), [15, 18])
})

test('a version that is not there is no empty run', (t) => {
  t.throws(() => chooseVersions('14,16', without14), {
    message: 'PostgreSQL 14 is not installed here. There is 15, 16, 17, 18.',
  })
  t.throws(() => chooseVersions('13', without14), { message: /^PostgreSQL 13 / })
  t.throws(() => chooseVersions('', without14))
})
