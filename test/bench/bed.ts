/** What one measurement runs on: a fresh server of the same kind each time, the AWS stub, a proxy that counts and delays. */
import { randomBytes } from 'node:crypto'
import { type Aws, REGION, startAws } from '../support/aws.ts'
import { type PostgresVersion, type Server, startServer } from '../support/postgres.ts'
import { type Proxy, startProxy } from '../support/proxy.ts'
import { ADMIN_SECRET, type Variables } from '../support/terraform.ts'

/** As on a server that people rely on: what is committed is on disk. Statements are not logged. */
const SETTINGS = {
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  shared_buffers: '128MB',
  log_statement: 'none',
  log_connections: 'off',
}

export interface Login {
  readonly application: string
  readonly username: string
  readonly password: string
  readonly database: string
}

export interface Bed {
  readonly server: Server
  readonly aws: Aws
  readonly proxy: Proxy
  /** What is to be made: one database with its owner for each application. */
  readonly logins: readonly Login[]
  /** One more, that is not to be made at first. */
  readonly another: Login
  /** The module's variables; they go through the proxy. */
  readonly variables: Variables
  stop(): Promise<void>
}

/** @param roundTripMs what the proxy adds to each round trip to the server */
export async function makeBed(version: PostgresVersion, applications: number, roundTripMs: number): Promise<Bed> {
  const [server, aws] = await Promise.all([startServer({ version, settings: SETTINGS }), startAws()])
  const proxy = await startProxy(server.port, roundTripMs / 2)
  const logins = Array.from({ length: applications }, (_, index) => loginOf(`app${String(index).padStart(4, '0')}`))
  aws.putLogin(ADMIN_SECRET, server.admin.user, server.admin.password)
  const another = loginOf('another')
  for (const { application, username, password } of [...logins, another])
    aws.putLogin(`platform/dev/${application}/postgres`, username, password)
  return {
    server,
    aws,
    proxy,
    logins,
    another,
    variables: {
      environment: 'dev',
      instance: { host: server.host, port: server.port, identifier: 'bench', resource_id: 'db-BENCH' },
      connect_through: { host: 'localhost', port: proxy.port },
      admin_secret_id: ADMIN_SECRET,
      aws_region: REGION,
      build_id: 'build-1',
      tls: { mode: 'verify-full', ca_file: server.caFile },
    },
    async stop() {
      await proxy.close()
      await Promise.all([server.stop(), aws.stop()])
    },
  }
}

function loginOf(application: string): Login {
  return {
    application,
    username: `${application}_dev_user`,
    password: `Pw_${randomBytes(12).toString('hex')}`,
    database: `${application}_dev_db`,
  }
}

/** `application_databases`. */
export function applicationsOf(logins: readonly Login[]): Variables {
  return Object.fromEntries(logins.map(({ application }) => [application, {}]))
}
