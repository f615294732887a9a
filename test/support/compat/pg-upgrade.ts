/** A real major upgrade of a bed's data: by pg_upgrade where there is one of the new major, else by dump and load. */
import { chmod, copyFile, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { execa } from 'execa'
import { type Binaries, findBinaries, type PostgresVersion } from '../postgres/binaries.ts'
import { serverIdentity } from '../postgres/identity.ts'
import { startProcess } from '../postgres/process.ts'
import { giveToServer, INITDB, makeCluster, SUPERUSER } from '../postgres/template.ts'
import { programs, type ProgramsVersion } from './programs.ts'

/** What pg_upgrade reads of a data folder is alike from 13 to 16 (PG_CONTROL_VERSION 1300), but for its PG_VERSION. */
const RESET_WAL = `#!/bin/sh
real="$(dirname "$0")/real_pg_resetwal"
[ "$1" = -n ] || exec "$real" "$@"
for data; do :; done
fake=$(mktemp -d)
cp -R "$data/global" "$data/pg_wal" "$fake"
echo 16 > "$fake/PG_VERSION"
"$real" -n "$fake"
code=$?
rm -rf "$fake"
exit $code
`

/**
 * Turns `folder`/data, of a server that has ended, into one of the new major.
 * @param old the programs of the server that wrote it; those that it has not are 16's
 */
export async function upgradeByProgram(folder: string, old: Binaries, to: ProgramsVersion): Promise<void> {
  const { bin, env } = await programs(to)
  const oldBin = await oldPrograms(folder, old)
  const [oldData, newData] = [join(folder, 'data'), join(folder, 'data-new')]
  const options = { ...serverIdentity(), cwd: folder, env, all: true }
  await execa(join(bin, 'initdb'), ['-D', newData, ...INITDB, ...(to >= 18 ? ['--no-data-checksums'] : [])], options)
  await execa(
    join(bin, 'pg_upgrade'),
    ['-U', SUPERUSER, '-b', oldBin, '-B', bin, '-d', oldData, '-D', newData, '-s', folder, '--copy'],
    options,
  )
  for (const file of ['postgresql.conf', 'pg_hba.conf']) await copyFile(join(oldData, file), join(newData, file))
  await rm(oldData, { recursive: true })
  await rename(newData, oldData)
  await giveToServer(folder)
}

/** A folder with the five programs of the old major that pg_upgrade calls. */
async function oldPrograms(folder: string, { version, postgres }: Binaries): Promise<string> {
  if (version > 16) throw new Error(`there is no pg_resetwal of ${String(version)}`)
  const whole = await programs(16)
  const bin = join(folder, 'old-bin')
  await mkdir(bin)
  for (const name of ['postgres', 'pg_ctl']) await symlink(join(dirname(postgres), name), join(bin, name))
  await symlink(join(whole.bin, 'pg_controldata'), join(bin, 'pg_controldata'))
  await symlink(join(whole.bin, 'pg_resetwal'), join(bin, 'real_pg_resetwal'))
  await writeFile(join(bin, 'pg_resetwal'), RESET_WAL)
  await chmod(join(bin, 'pg_resetwal'), 0o755)
  await giveToServer(bin)
  return bin
}

/**
 * The same by dump and load, for a major whose pg_upgrade is in no package: pg_dumpall of 16 says of a server below 16
 * who is a member and not who granted it, as pg_upgrade does.
 */
export async function upgradeByDump(port: number, folder: string, old: Binaries, to: PostgresVersion): Promise<void> {
  const { bin, env } = await programs(16)
  const options = { ...serverIdentity(), cwd: folder, env, all: true }
  const reach = ['-U', SUPERUSER, '-h', folder, '-p', String(port)]
  const dump = join(folder, 'all.sql')
  const before = await startProcess(old, folder)
  try {
    await execa(join(bin, 'pg_dumpall'), [...reach, '-f', dump], options)
  } finally {
    await before.stop('fast')
  }
  const [data, aside] = [join(folder, 'data'), join(folder, 'data-old')]
  await rename(data, aside)
  const binaries = await findBinaries(to)
  await makeCluster(binaries, folder)
  for (const file of ['postgresql.conf', 'pg_hba.conf']) await copyFile(join(aside, file), join(data, file))
  await rm(aside, { recursive: true })
  await giveToServer(folder)
  const after = await startProcess(binaries, folder)
  try {
    // The superuser is there already: its CREATE ROLE fails, and nothing else does.
    const { all = '' } = await execa(join(bin, 'psql'), [...reach, '-q', '-d', 'postgres', '-f', dump], options)
    const errors = all.split('\n').filter((line) => line.includes('ERROR:') && !line.includes(`role "${SUPERUSER}"`))
    if (errors.length > 0) throw new Error(errors.join('\n'))
  } finally {
    await after.stop('fast')
  }
}
