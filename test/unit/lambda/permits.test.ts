/** The function's own list: what it lets pass, as data. */
import test from 'ava'
import { InvalidInputError } from '../../../src/errors.ts'
import { allowsCaller, parsePermits, permitsFor, type Permit } from '../../../src/lambda/permits.ts'
import { gzipSync } from 'node:zlib'

const PERMIT = {
  environments: ['dev', 'test'],
  stacks: ['db-1/*', 'one'],
  instances: ['db.example.com', 'other.example.com:6432'],
  callers: ['arn:aws:iam::123456789012:role/ci/deployer', 'arn:aws:iam::123456789012:user/anna'],
}
const [permit] = parsePermits(JSON.stringify([PERMIT]))

function allows(given: object, permits: readonly (Permit | undefined)[] = [permit]): boolean {
  const { environment, stack, host, port, command, tunnel } = {
    environment: 'dev' as const,
    stack: 'db-1/dev',
    host: 'db.example.com',
    port: 5432,
    command: 'apply' as const,
    tunnel: false,
    ...given,
  }
  const instance = { host, port, identifier: 'db-1', database: 'postgres' }
  const declaration = { environment, stack, instance, connectThrough: tunnel ? { host, port } : null }
  return (
    permitsFor(
      permits.filter((item) => item !== undefined),
      { command, declaration },
    ).length > 0
  )
}

test('all of a request has to be allowed by one permit', (t) => {
  t.true(allows({}))
  t.true(allows({ environment: 'test' }))
  t.true(allows({ host: 'DB.Example.com.' }))
  t.true(allows({ host: 'other.example.com', port: 6432 }))
  t.true(allows({ stack: 'one' }))
  t.true(allows({ command: 'report' }))
  t.false(allows({ environment: 'prod' }))
  t.false(allows({ stack: 'one/more' }))
  t.false(allows({ stack: 'db-2/dev' }))
  t.false(allows({ host: 'db.example.com', port: 6432 }))
  t.false(allows({ host: 'other.example.com' }))
  t.false(allows({ host: 'db.example.com.evil.org' }))
  t.false(allows({ host: 'evil-db.example.com' }))
  t.false(allows({ tunnel: true }))
  t.false(allows({}, []))
})

test('a permit for some commands is one for no other', (t) => {
  const looking = parsePermits(JSON.stringify([{ ...PERMIT, commands: ['plan', 'report'] }]))
  t.true(allows({ command: 'plan' }, looking))
  t.false(allows({ command: 'apply' }, looking))
  t.false(allows({ command: 'destroy' }, looking))
  t.false(allows({ command: 'prepare-upgrade' }, looking))
})

test('callers: a role stands for its sessions, and for no role that is named like it', (t) => {
  const permits = permit === undefined ? [] : [permit]
  const role = (name: string, account = '123456789012'): string => `arn:aws:sts::${account}:assumed-role/${name}`
  t.true(allowsCaller(permits, role('deployer/run-77')))
  t.true(allowsCaller(permits, 'arn:aws:iam::123456789012:user/anna'))
  t.false(allowsCaller(permits, role('deployer-2/run-77')))
  t.false(allowsCaller(permits, role('my-deployer/run-77')))
  t.false(allowsCaller(permits, role('deployer/run-77', '999999999999')))
  t.false(allowsCaller(permits, 'arn:aws:iam::123456789012:user/anna2'))
  t.false(allowsCaller(permits, role('deployer')))
})

test('a star stands for any characters, in order, and for nothing else', (t) => {
  const like = (pattern: string, text: string): boolean => {
    const [only] = parsePermits(JSON.stringify([{ ...PERMIT, stacks: [pattern] }]))
    return allows({ stack: text }, [only])
  }
  t.true(like('*', 'x'))
  t.true(like('a*c', 'abbc'))
  t.true(like('a*c', 'ac'))
  t.true(like('*a*b*', 'xaxbx'))
  t.false(like('a*a', 'a'))
  t.false(like('ab*ba', 'aba'))
  t.false(like('*a*b*', 'xbxax'))
  t.false(like('a*b*b', 'ab'))
  t.false(like('a.c', 'abc'))
  t.false(like('a?c', 'abc'))
  t.false(like('A', 'a'))
})

test('a list is JSON or base64gzip of it; one that cannot be read lets nothing pass', (t) => {
  t.deepEqual(parsePermits(undefined), [])
  t.deepEqual(parsePermits(''), [])
  t.is(parsePermits(gzipSync(JSON.stringify([PERMIT])).toString('base64')).length, 1)
  for (const wrong of [
    '{}',
    '[{}]',
    'x',
    JSON.stringify([{ ...PERMIT, callers: [] }]),
    JSON.stringify([{ ...PERMIT, callers: [''] }]),
    JSON.stringify([{ ...PERMIT, caller: ['*'] }]),
    JSON.stringify([{ ...PERMIT, environments: ['production'] }]),
    JSON.stringify([{ ...PERMIT, commands: [] }]),
  ])
    t.throws(() => parsePermits(wrong), { instanceOf: InvalidInputError }, wrong)
})
