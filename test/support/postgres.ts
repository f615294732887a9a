import { randomBytes } from 'node:crypto'
import { appendFile, mkdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { makeCertificates, type CertificateKind, type Certificates } from './certificates.ts'
import { findBinaries, type Binaries, type PostgresVersion } from './postgres/binaries.ts'
import { connectAs, openSuperuserSessions, type Login, type SuperuserSessions } from './postgres/clients.ts'
import { renderConfiguration, renderHostAccess } from './postgres/configuration.ts'
import { changesIn, readLog, waitForLog, type LogEntry } from './postgres/log.ts'
import { findFreePort, startProcess, type ServerProcess, type ShutdownMode } from './postgres/process.ts'
import { startTokenServer, type TokenServer } from './postgres/radius.ts'
import { makeAdmin, makeRdsLike, type AdminAuth } from './postgres/roles.ts'
import { giveToServer, makeCluster, makeServerFolder, SUPERUSER } from './postgres/template.ts'

export { POSTGRES_VERSIONS, type PostgresVersion } from './postgres/binaries.ts'
export type { Login } from './postgres/clients.ts'
export type { LogEntry } from './postgres/log.ts'
export { startTokenFront, type TokenFront } from './postgres/token-front.ts'
export { changingStatements, splitStatements } from './postgres/statements.ts'

export interface ServerOptions {
  readonly version: PostgresVersion
  /** false: a fresh instance, where only the master exists. Default true. */
  readonly createAdmin?: boolean
  /** `iam`: the admin is in rds_iam, and `admin.password` is a token, the only way it logs in. Default `password`. */
  readonly adminAuth?: AdminAuth
  /** null: a server without TLS. Default `valid`. */
  readonly certificate?: CertificateKind | null
  /** Parameters of postgresql.conf that replace or join the bed's own. */
  readonly settings?: Readonly<Record<string, string>>
  /** Lines of pg_hba.conf that come before those for logins. */
  readonly hba?: readonly string[]
}

/** A running RDS-like PostgreSQL (src/README.md: The test bed). */
export interface Server {
  readonly version: PostgresVersion
  readonly host: 'localhost'
  readonly port: number
  /** PEM file of the authority that signed the server's certificate, and of one that did not. */
  readonly caFile: string
  readonly otherCaFile: string
  /** PEM files of the server's own certificate and key. */
  readonly certificateFile: string
  readonly keyFile: string
  /** The delegated admin; it exists unless `createAdmin` was false. */
  readonly admin: Login
  readonly master: Login
  /** Rows of a query as superuser over the private socket; not in the log. Sessions stay open: see forget. */
  sql(text: string, params?: readonly unknown[], database?: string): Promise<Record<string, unknown>[]>
  /** Closes the kept session in a database, so that it can be dropped or used as a template. */
  forget(database: string): Promise<void>
  /** A connected client over TLS verified against caFile; the caller ends it. `port`: a proxy's. */
  connect(login: Login & { readonly database: string; readonly port?: number }): Promise<pg.Client>
  /** Whether the server lets this login in; throws where it cannot be asked. Default database: postgres. */
  canLogin(user: string, password: string, database?: string): Promise<boolean>
  /** Sets a role's password as somebody outside would, unseen in the log. */
  setPassword(role: string, password: string): Promise<void>
  /** From now on `user`, a member of rds_iam, logs in with this token of at most 128 bytes; startTokenFront takes longer ones. */
  acceptToken(user: string, token: string): void
  /** A position in the log after all that was written so far. */
  mark(): Promise<number>
  /** Log entries since a mark, without the tests' own sessions and the server's background processes. */
  logSince(mark: number): Promise<LogEntry[]>
  /** Changing statements since a mark, one each, passwords redacted, in the log's order. */
  changesSince(mark: number): Promise<string[]>
  /** How many TCP connections reached the server since a mark. */
  connectionsSince(mark: number): Promise<number>
  /** Ends the server and starts it again on the same port and data; `immediate` is a crash. Default `fast`. */
  restart(mode?: ShutdownMode): Promise<void>
  /** Ends the server, lets `convert` make its files those of another major, and starts that on the same port. */
  upgrade(to: PostgresVersion, convert: (folder: string, old: Binaries) => Promise<void>): Promise<void>
  /** Ends the server and removes all it left. */
  stop(): Promise<void>
}

interface Bed {
  readonly binaries: Binaries
  readonly folder: string
  readonly port: number
  readonly certificates: Certificates
  readonly tokens: TokenServer
}

/**
 * Starts an RDS-like server on a free port: TLS and SCRAM, a master that is no superuser, a delegated admin. Ends with the
 * test process at the latest. Throws with the server's own words where it does not come up.
 */
export async function startServer(options: ServerOptions): Promise<Server> {
  const bed = await makeBed(options)
  const sessions = openSuperuserSessions(bed.folder, bed.port, options.version)
  const master = newLogin('dbmaster')
  const admin = newLogin('platform_provisioner')
  let process: ServerProcess | null = null
  let { binaries } = bed
  async function stop(): Promise<void> {
    await sessions.close()
    await process?.stop('immediate')
    bed.tokens.close()
    await rm(bed.folder, { recursive: true, force: true })
  }
  try {
    process = await startProcess(bed.binaries, bed.folder)
    await makeRdsLike(sessions.sql, options.version, master)
    if (options.adminAuth === 'iam') bed.tokens.accept(admin.user, admin.password)
    if (options.createAdmin !== false)
      await makeAdmin(sessions.sql, options.version, master, admin, options.adminAuth ?? 'password')
  } catch (error) {
    await stop()
    throw error
  }
  return {
    version: options.version,
    host: 'localhost',
    port: bed.port,
    admin,
    master,
    ...bed.certificates,
    ...accessTo(bed, options, sessions),
    ...logOf(join(bed.folder, 'log', 'server.csv'), sessions),
    stop,
    async restart(mode = 'fast') {
      await sessions.close()
      await process?.stop(mode)
      process = await startProcess(binaries, bed.folder)
    },
    async upgrade(to, convert) {
      await sessions.close()
      await process?.stop('smart')
      await convert(bed.folder, binaries)
      binaries = await findBinaries(to)
      process = await startProcess(binaries, bed.folder)
    },
  }
}

type Access = Pick<Server, 'sql' | 'forget' | 'connect' | 'canLogin' | 'setPassword' | 'acceptToken'>

function accessTo(bed: Bed, options: ServerOptions, sessions: SuperuserSessions): Access {
  const ca = options.certificate === null ? null : bed.certificates.caFile
  return {
    sql: sessions.sql,
    forget: sessions.forget,
    connect: ({ port, ...login }) => connectAs(login, port ?? bed.port, ca),
    async canLogin(user, password, database = 'postgres') {
      try {
        await (await connectAs({ user, password, database }, bed.port, ca)).end()
        return true
      } catch (error) {
        if (error instanceof pg.DatabaseError) return false
        throw error
      }
    },
    async setPassword(role, password) {
      await sessions.sql(`ALTER ROLE ${pg.escapeIdentifier(role)} PASSWORD ${pg.escapeLiteral(password)}`)
    },
    acceptToken: bed.tokens.accept,
  }
}

function newLogin(user: string): Login {
  return { user, password: `Pw_${randomBytes(12).toString('hex')}` }
}

/** Everything on disk that the server needs. */
async function makeBed(options: ServerOptions): Promise<Bed> {
  const binaries = await findBinaries(options.version)
  const folder = await makeServerFolder(options.settings?.['fsync'] === 'on')
  const data = await makeCluster(binaries, folder)
  await mkdir(join(folder, 'log'))
  const certificate = options.certificate === undefined ? 'valid' : options.certificate
  const certificates = await makeCertificates(folder, certificate ?? 'valid')
  const port = await findFreePort()
  const tokens = await startTokenServer()
  const configuration = {
    port,
    folder,
    certificates: certificate === null ? null : certificates,
    settings: options.settings ?? {},
  }
  await appendFile(join(data, 'postgresql.conf'), renderConfiguration(configuration))
  await writeFile(
    join(data, 'pg_hba.conf'),
    renderHostAccess('dbmaster', certificate !== null, tokens, options.hba ?? []),
  )
  await giveToServer(folder)
  return { binaries, folder, port, certificates, tokens }
}

function logOf(
  file: string,
  sessions: SuperuserSessions,
): Pick<Server, 'mark' | 'logSince' | 'changesSince' | 'connectionsSince'> {
  async function mark(): Promise<number> {
    const token = `mark-${randomBytes(8).toString('hex')}`
    const { size } = await stat(file)
    await sessions.sql(`DO $$ BEGIN RAISE LOG '${token}'; END $$`)
    return waitForLog(file, token, size)
  }
  async function logSince(from: number): Promise<LogEntry[]> {
    const entries = await readLog(file, from, await mark())
    return entries.filter(({ user, client }) => user !== SUPERUSER && client !== '[local]' && client !== '')
  }
  return {
    mark,
    logSince,
    changesSince: async (from) => changesIn(await logSince(from)),
    connectionsSince: async (from) =>
      (await logSince(from)).filter(({ message }) => message.startsWith('connection received')).length,
  }
}
