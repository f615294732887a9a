import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chown, mkdir, mkdtemp, rm, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { exists, publish, type Binaries } from './binaries.ts'
import { serverIdentity } from './identity.ts'

/** The bootstrap superuser, called as on RDS. Nobody but the tests can log in as it. */
export const SUPERUSER = 'rdsadmin'

const CACHE = fileURLToPath(new URL('../../../.cache/postgres/', import.meta.url))
export const INITDB: readonly string[] = [
  '-U',
  SUPERUSER,
  '-A',
  'trust',
  '-E',
  'UTF8',
  '--locale=C.UTF-8',
  '--no-sync',
  '--no-instructions',
]
const run = promisify(execFile)

/** Makes `folder`/data, a fresh cluster owned by the server's user; initdb runs once per package version. */
export async function makeCluster(binaries: Binaries, folder: string): Promise<string> {
  const setUp = createHash('sha256').update(INITDB.join(' ')).digest('hex').slice(0, 12)
  const template = join(CACHE, `${binaries.packageVersion}-${setUp}`)
  if (!(await exists(template))) await buildTemplate(binaries, template)
  const data = join(folder, 'data')
  await run('cp', ['-R', template, data])
  await giveToServer(data)
  return data
}

/** Hands a file or a folder with all in it to the user that runs the server. */
export async function giveToServer(path: string): Promise<void> {
  const identity = serverIdentity()
  if (identity !== null) await run('chown', ['-R', `${identity.uid}:${identity.gid}`, path])
}

/** Linux keeps what is there in memory. */
const MEMORY = '/dev/shm'

/** Room for several servers with hundreds of databases of eight megabytes. */
const PLENTY = 6 * 2 ** 30

/**
 * A new folder, owned by the server's user: below the system's temporary folder, or in memory where there is plenty of
 * it. A database is three hundred files: on the disk of a virtual machine making them took 0.25 s of processor time,
 * in memory 0.02 s.
 * @param isDurable on disk in any case
 */
export async function makeServerFolder(isDurable = false): Promise<string> {
  const parent = !isDurable && (await hasPlenty()) ? MEMORY : tmpdir()
  const folder = await mkdtemp(join(parent, 'rds-provision-pg-'))
  const identity = serverIdentity()
  if (identity !== null) await chown(folder, identity.uid, identity.gid)
  return folder
}

async function hasPlenty(): Promise<boolean> {
  if (process.platform !== 'linux' || process.availableMemory() < PLENTY) return false
  const { bavail, bsize } = await statfs(MEMORY)
  return bavail * bsize >= PLENTY
}

async function buildTemplate(binaries: Binaries, template: string): Promise<void> {
  const scratch = await makeServerFolder()
  try {
    const data = join(scratch, 'data')
    await run(binaries.initdb, ['-D', data, ...INITDB], { ...serverIdentity(), cwd: scratch })
    await mkdir(CACHE, { recursive: true })
    const building = await mkdtemp(`${template}.`)
    await run('cp', ['-R', `${data}/.`, building])
    await publish(building, template)
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}
