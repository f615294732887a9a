/** The stand-in for the provider hashicorp/external, built with go once, beside the null provider's mirror. */
import { cp, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import lockfile from 'proper-lockfile'
import { exists, publish } from '../postgres/binaries.ts'
import { prepareTerraform } from '../terraform.ts'

const SOURCES = fileURLToPath(new URL('external', import.meta.url))
const CACHE = fileURLToPath(new URL('../../../.cache/', import.meta.url))
const VERSION = '2.3.4'
const BUILD_TIMEOUT_MS = 300_000
const LOCK_OPTIONS = { retries: { retries: BUILD_TIMEOUT_MS / 1000, factor: 1, minTimeout: 1000 }, stale: 20_000 }

/**
 * What lets the program find both providers without a network: TF_CLI_CONFIG_FILE. Safe in parallel processes.
 * @throws Error where go is missing or does not build it
 */
export async function prepareExternal(): Promise<Readonly<Record<string, string>>> {
  const { program } = await prepareTerraform()
  const cache = join(CACHE, program.command.replaceAll(/[^\w.-]/g, '_'))
  const [others, mirror] = [join(cache, 'mirror'), join(cache, 'external')]
  if (!(await exists(mirror))) {
    const release = await lockfile.lock(cache, LOCK_OPTIONS)
    try {
      if (!(await exists(mirror))) await make(program.platform, cache, others, mirror)
    } finally {
      await release()
    }
  }
  const configuration = join(cache, 'external.rc')
  const temporary = `${configuration}.${String(process.pid)}`
  const block = (path: string, name: string): string =>
    `  filesystem_mirror {\n    path    = ${JSON.stringify(path)}\n    include = ["hashicorp/${name}"]\n  }\n`
  const blocks = [block(others, 'null'), block(mirror, 'external')].join('')
  await writeFile(temporary, `disable_checkpoint = true\nprovider_installation {\n${blocks}}\n`)
  await rename(temporary, configuration)
  return { TF_CLI_CONFIG_FILE: configuration }
}

async function make(platform: string, cache: string, others: string, mirror: string): Promise<void> {
  const folder = await mkdtemp(join(cache, 'making-'))
  try {
    const sources = join(folder, 'sources')
    await cp(SOURCES, sources, { recursive: true })
    // Each program has a registry of its own, which the mirror of the null provider names.
    const [registry = ''] = await readdir(others)
    const target = join(folder, 'built', registry, 'hashicorp', 'external', VERSION, platform)
    await mkdir(target, { recursive: true })
    const name = `terraform-provider-external_v${VERSION}`
    await execa('go', ['build', '-o', join(target, name), '.'], { cwd: sources, timeout: BUILD_TIMEOUT_MS })
    await publish(join(folder, 'built'), mirror)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
