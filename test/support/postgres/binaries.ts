import { execFile } from 'node:child_process'
import { access, mkdtemp, readFile, rename, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { serverIdentity, type Identity } from './identity.ts'

export const POSTGRES_VERSIONS = [14, 15, 16, 17, 18] as const
export type PostgresVersion = (typeof POSTGRES_VERSIONS)[number]

/** One unpacked PostgreSQL: its programs can be run by the server's user. */
export interface Binaries {
  readonly version: PostgresVersion
  /** e.g. `16.14.0-beta.17` */
  readonly packageVersion: string
  readonly initdb: string
  readonly postgres: string
}

const run = promisify(execFile)
const CHECKOUT = fileURLToPath(new URL('../../../', import.meta.url))

/**
 * The programs of one PostgreSQL version, from the npm alias `postgres-<version>-<platform>-<architecture>`.
 * Throws where no such package is installed.
 */
export async function findBinaries(version: PostgresVersion): Promise<Binaries> {
  const platform = `${process.platform}-${process.arch}`
  const folder = join(CHECKOUT, 'node_modules', `postgres-${version}-${platform}`)
  const packageVersion = await installedVersion(folder)
  if (packageVersion === null) {
    throw new Error(
      `The test bed has no PostgreSQL ${version} for ${platform}. npm ci brings it on linux-x64 (14 to 18), linux-arm64 and darwin-arm64 (15 to 18).`,
    )
  }
  await restoreSymlinks(folder)
  const bin = join(await runnableFolder(folder, packageVersion), 'native', 'bin')
  return { version, packageVersion, initdb: join(bin, 'initdb'), postgres: join(bin, 'postgres') }
}

async function installedVersion(folder: string): Promise<string | null> {
  try {
    const manifest: unknown = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
    if (
      typeof manifest === 'object' &&
      manifest !== null &&
      'version' in manifest &&
      typeof manifest.version === 'string'
    ) {
      return manifest.version
    }
    throw new Error(`${folder}/package.json has no version.`)
  } catch (error) {
    if (isCode(error, 'ENOENT')) return null
    throw error
  }
}

/**
 * npm packages cannot hold symbolic links, so these list theirs in pg-symlinks.json and restore them in a postinstall
 * script, which npm 11 does not run unless allowed. Two processes may do this at once: the links are the same.
 */
async function restoreSymlinks(folder: string): Promise<void> {
  const links: unknown = JSON.parse(await readFile(join(folder, 'native', 'pg-symlinks.json'), 'utf8'))
  if (!Array.isArray(links)) throw new Error(`${folder}/native/pg-symlinks.json is not a list.`)
  await Promise.all(
    links.filter(isLink).map(async ({ source, target }) => {
      if (dirname(source) !== dirname(target)) throw new Error(`Unexpected link ${target} -> ${source} in ${folder}.`)
      try {
        await symlink(basename(source), join(folder, target))
      } catch (error) {
        if (!isCode(error, 'EEXIST')) throw error
      }
    }),
  )
}

function isLink(value: unknown): value is { source: string; target: string } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'source' in value &&
    'target' in value &&
    typeof value.source === 'string' &&
    typeof value.target === 'string'
  )
}

/** A checkout below a private home folder cannot be entered by the server's user: the programs are copied out then. */
async function runnableFolder(folder: string, packageVersion: string): Promise<string> {
  const identity = serverIdentity()
  if (identity === null || (await canRun(identity, folder))) return folder
  const copy = join(tmpdir(), `rds-provision-${basename(folder)}-${packageVersion}`)
  if (await canRun(identity, copy)) return copy
  const building = await mkdtemp(`${copy}-`)
  await run('cp', ['-R', `${folder}/.`, building])
  await run('chown', ['-R', `${identity.uid}:${identity.gid}`, building])
  await publish(building, copy)
  return copy
}

async function canRun(identity: Identity, folder: string): Promise<boolean> {
  try {
    await access(folder)
    await run(join(folder, 'native', 'bin', 'postgres'), ['--version'], { ...identity, cwd: '/' })
    return true
  } catch (error) {
    if (isCode(error, 'ENOENT') || isCode(error, 'EACCES')) return false
    throw error
  }
}

/** Gives a finished folder its final name; whoever comes second drops its own copy. */
export async function publish(building: string, final: string): Promise<void> {
  try {
    await rename(building, final)
  } catch (error) {
    if (!isCode(error, 'ENOTEMPTY') && !isCode(error, 'EEXIST')) throw error
    await rm(building, { recursive: true, force: true })
  }
}

/** Whether there is a file or folder of this path. @throws what says neither yes nor no */
export async function exists(path: string): Promise<boolean> {
  try {
    await access(path)
    return true
  } catch (error) {
    if (isCode(error, 'ENOENT')) return false
    throw error
  }
}

/** Whether an error of Node's file system carries this code. */
export function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
