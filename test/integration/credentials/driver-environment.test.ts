/** Nothing that the driver would take from the environment counts: the list is read from its own source. */
import { readdirSync, readFileSync } from 'node:fs'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import test from 'ava'
import { Secret } from '../../../src/model/secret.ts'
import { connect, type Target } from '../../../src/server/connect.ts'
import { tlsOptions } from '../../../src/server/tls.ts'
import { bedFor, VERSIONS } from '../../support/provision.ts'
import type { Server } from '../../support/postgres.ts'
import { startImpostor } from '../../support/postgres/impostor.ts'

const require = createRequire(import.meta.url)

/** The program's own: the default of tls.ca_file. */
const OWN = ['PGSSLROOTCERT']

/** Variables that the driver's files read: `process.env.X`, `val('key', …)` by its upper case, `val('key', …, 'X')`. */
function variablesRead(): string[] {
  const folder = dirname(require.resolve('pg/lib/client.js'))
  const fromDriver = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.js') && !file.startsWith('native'))
    .map((file) => join(folder, file))
  const texts = [...fromDriver, require.resolve('pgpass/lib/helper.js')].map((file) => readFileSync(file, 'utf8'))
  const names = texts.flatMap((text) => [
    ...[...text.matchAll(/\benv\.([A-Z][A-Z_]+)/g)].map(([, name = '']) => name),
    ...[...text.matchAll(/\bval\('(\w+)', config, '(\w+)'\)/g)].map(([, , name = '']) => name),
    ...[...text.matchAll(/\bval\('(\w+)', config\)/g)].map(([, key = '']) => `PG${key.toUpperCase()}`),
  ])
  return [...new Set(names)].sort()
}

const HOSTILE: Readonly<Record<string, string>> = {
  PGHOST: 'db.evil.example',
  PGPORT: '1',
  PGSSLMODE: 'no-verify',
  PGSSLNEGOTIATION: 'direct',
  PGREPLICATION: 'database',
  PGOPTIONS: '-c search_path=evil',
  PGCONNECT_TIMEOUT: '1',
  PGCLIENT_ENCODING: 'latin1',
  NODE_PG_FORCE_NATIVE: '1',
}

const VERSION = VERSIONS.at(-1) ?? 16
const bed = bedFor(VERSION)

test('the list has what is known of the driver', (t) => {
  const names = variablesRead()
  for (const name of ['NODE_PG_FORCE_NATIVE', 'PGAPPNAME', 'PGPASSWORD', 'PGREPLICATION', 'PGSSLMODE', 'PGPASSFILE'])
    t.true(names.includes(name), `${name} is not in ${names.join()}`)
})

async function targetAt({ caFile }: Server, endpoint: Target['endpoint']): Promise<Target> {
  const ssl = await tlsOptions({ mode: 'verify-full', caFile, serverName: null }, 'localhost', null)
  return { endpoint, ssl, applicationName: 'ours', lockTimeoutMs: 1000, statementTimeoutMs: 1000, version: 0 }
}

test.serial('with every such variable set the start-up packet is the same, byte by byte', async (t) => {
  const { server } = bed()
  const impostor = await startImpostor(server)
  t.teardown(() => impostor.close())
  const target = await targetAt(server, { host: '127.0.0.1', port: impostor.port })
  const login = { user: server.admin.user, database: 'postgres', mayGoInClear: false }
  const open = async (password: string): Promise<void> => {
    const session = await connect(target, { ...login, password: new Secret(password) }, new AbortController().signal)
    await session.close()
  }
  await open(server.admin.password)
  const [before] = impostor.startups
  const kept = { ...process.env }
  t.teardown(() => {
    for (const name of variablesRead()) Reflect.deleteProperty(process.env, name)
    Object.assign(process.env, kept)
  })
  for (const name of variablesRead().filter((variable) => !OWN.includes(variable))) {
    process.env[name] = HOSTILE[name] ?? 'evil'
    await open(server.admin.password)
    t.deepEqual(impostor.startups.at(-1), before, name)
  }
  t.is(impostor.startups.length, 1 + variablesRead().filter((variable) => !OWN.includes(variable)).length)
})

test.serial('a password that is empty is not taken from elsewhere', async (t) => {
  const { server } = bed()
  const folder = await mkdtemp(join(tmpdir(), 'rds-provision-passwords-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'pgpass')
  await writeFile(file, `*:*:*:*:${server.admin.password}\n`)
  await chmod(file, 0o600)
  process.env['PGPASSWORD'] = server.admin.password
  process.env['PGPASSFILE'] = file
  t.teardown(() => {
    delete process.env['PGPASSWORD']
    delete process.env['PGPASSFILE']
  })
  const target = await targetAt(server, { host: 'localhost', port: server.port })
  const login = { user: server.admin.user, database: 'postgres', mayGoInClear: false, password: new Secret('') }
  await t.throwsAsync(connect(target, login, new AbortController().signal), { name: 'ConnectFailure' })
})

test.serial('the program itself runs with all of them set', async (t) => {
  const names = variablesRead().filter((name) => !OWN.includes(name))
  const variables = Object.fromEntries(names.map((name) => [name, HOSTILE[name] ?? 'evil']))
  const { code, stdout, stderr } = await bed().declare({}).bundle(['plan'], variables)
  t.is(code, 0, stdout + stderr)
})

test.serial('what is thrown where nobody waits ends the run in order, with its audit', async (t) => {
  const { server } = bed()
  const holder = await server.connect({ ...server.admin, database: 'postgres' })
  t.teardown(() => holder.end())
  await holder.query('SELECT pg_advisory_lock(8242267087886938998)')
  const folder = await mkdtemp(join(tmpdir(), 'rds-provision-thrown-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'audit.json')
  const { code, stdout, stderr } = await bed().declare({}).bundle(['apply', '--audit-file', file], {
    NODE_OPTIONS: '--import "data:text/javascript,setTimeout(()=>{throw new Error(\'planted\')},2000)"',
  })
  t.is(code, 1, stdout + stderr)
  const audit = readFileSync(file, 'utf8')
  t.regex(audit, /planted/)
  t.regex(audit, /"exit_code": ?1/)
  t.notRegex(stdout + stderr, /^\s+at /m)
})
