/** The bundle talks to AWS and to the instance, and to nobody else. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { bedFor } from '../../support/provision.ts'

/** Loaded before the bundle: notes every connection and look-up, whoever asks for it. */
const WITNESS = `
  const { appendFileSync } = require('node:fs'), net = require('node:net'), dns = require('node:dns')
  const note = (line) => appendFileSync(process.env.WITNESS_FILE, line + '\\n')
  const connect = net.Socket.prototype.connect
  net.Socket.prototype.connect = function (...args) { const [to] = Array.isArray(args[0]) ? args[0] : args; note('connect ' + (typeof to === 'object' ? to.port ?? to.path : to)); return connect.apply(this, args) }
  const lookup = dns.lookup
  dns.lookup = function (name, ...rest) { note('lookup ' + name); return lookup.call(this, name, ...rest) }`

const bed = bedFor(16)

test('no connection but to AWS and the instance, no name but theirs', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'rds-provision-network-'))
  t.teardown(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'witness.cjs'), WITNESS)
  const stack = bed().declare({ quiet: {}, reads: { database_name: 'quiet_dev_db', access_level: 'reader' } })
  const noted = join(folder, 'noted')
  const { code, stdout, stderr } = await stack.bundle(['apply'], {
    NODE_OPTIONS: `--require=${join(folder, 'witness.cjs')}`,
    WITNESS_FILE: noted,
    RDS_PROVISION_AUDIT_FILE: join(folder, 'audit.json'),
  })
  t.is(code, 0, stdout + stderr)
  const aws = new URL(bed().aws.endpoint).port
  const lines = (await readFile(noted, 'utf8')).trim().split('\n')
  t.deepEqual(
    [...new Set(lines)].filter((line) => line.startsWith('connect')).sort(),
    [`connect ${aws}`, `connect ${String(bed().server.port)}`].sort(),
  )
  t.deepEqual(
    [...new Set(lines)].filter(
      (line) => line.startsWith('lookup') && !['lookup localhost', 'lookup 127.0.0.1'].includes(line),
    ),
    [],
  )
})
