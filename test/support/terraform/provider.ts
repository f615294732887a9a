/** The null provider, once for all stacks, as a filesystem mirror below the checkout's .cache. */
import { randomUUID } from 'node:crypto'
import { cp, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import lockfile from 'proper-lockfile'
import { exists, isCode, publish } from '../postgres/binaries.ts'
import type { Program } from './program.ts'

const REQUIREMENT = { terraform: { required_providers: { null: { source: 'hashicorp/null', version: '>= 2.1.2' } } } }

/** The genuine provider as a Go module: a commit after its release 2.1.2 (src/README.md: The test bed). */
const GO_MODULE = 'github.com/terraform-providers/terraform-provider-null@v1.0.1-0.20191204185112-e5c592237f62'
const GO_VERSION = '2.1.2'

/** A registry that answers does so within seconds. */
const REGISTRY_TIMEOUT_MS = 30_000
const BUILD_TIMEOUT_MS = 300_000
/** Somebody else's preparation is waited for, a second at a time, for as long as a build may take. */
const LOCK_OPTIONS = { retries: { retries: BUILD_TIMEOUT_MS / 1000, factor: 1, minTimeout: 1000 }, stale: 20_000 }

/**
 * A Terraform CLI configuration that installs the null provider from a mirror, so that `init` needs no network.
 * The mirror is made on first use: from the registry, else from the provider's Go module. Safe in parallel processes.
 * @param cache folder that keeps the mirror
 * @returns path of the configuration (for TF_CLI_CONFIG_FILE)
 * @throws Error naming what is missing: the registry and go
 */
export async function prepareProvider(program: Program, cache: string): Promise<string> {
  await mkdir(cache, { recursive: true })
  const mirror = join(cache, 'mirror')
  if (!(await exists(mirror))) {
    const release = await lockfile.lock(cache, LOCK_OPTIONS)
    try {
      if (!(await exists(mirror))) await makeMirror(program, cache, mirror)
    } finally {
      await release()
    }
  }
  return writeConfiguration(cache, mirror)
}

async function makeMirror(program: Program, cache: string, mirror: string): Promise<void> {
  const folder = await mkdtemp(join(cache, 'making-'))
  try {
    await writeFile(join(folder, 'main.tf.json'), JSON.stringify(REQUIREMENT))
    const failure = await install(program, folder)
    const made = join(folder, 'built')
    if (failure === null)
      await cp(join(folder, '.terraform', 'providers'), made, { recursive: true, dereference: true })
    else await build(program, folder, failure)
    await publish(made, mirror)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** What `init` puts into .terraform/providers is laid out as a mirror. @returns why the registry could not be used, or null */
async function install({ command }: Program, folder: string): Promise<string | null> {
  const { exitCode, stdout, stderr } = await execa(command, ['init', '-no-color', '-input=false'], {
    cwd: folder,
    reject: false,
    timeout: REGISTRY_TIMEOUT_MS,
    env: { CHECKPOINT_DISABLE: '1' },
  })
  return exitCode === 0 ? null : `${stdout}\n${stderr}`.trim()
}

/** Builds the provider with go and lays it out as `<registry>/hashicorp/null/<version>/<platform>/<program>`. */
async function build({ command, platform }: Program, folder: string, failure: string): Promise<void> {
  const done = await execa('go', ['install', GO_MODULE], {
    cwd: folder,
    reject: false,
    timeout: BUILD_TIMEOUT_MS,
    env: { GOBIN: folder },
  })
  if (isCode(done.cause, 'ENOENT')) {
    throw new Error(
      `The null provider comes from a registry that cannot be reached, and go, to build it, is not on PATH: install Go, or let ${command} reach its registry.\n${failure}`,
    )
  }
  if (done.exitCode !== 0)
    throw new Error(`The null provider could neither be installed nor built.\n${failure}\n${done.stderr}`)
  const target = join(folder, 'built', await registryHost(command, folder), 'hashicorp', 'null', GO_VERSION, platform)
  await mkdir(target, { recursive: true })
  await rename(join(folder, 'terraform-provider-null'), join(target, `terraform-provider-null_v${GO_VERSION}`))
}

/** Each program has a registry of its own; `providers` prints it as `provider[<host>/hashicorp/null]`. */
async function registryHost(command: string, folder: string): Promise<string> {
  const { stdout } = await execa(command, ['providers'], { cwd: folder })
  const host = /provider\[([^/\]]+)\/hashicorp\/null\]/.exec(stdout)?.[1]
  if (host === undefined) throw new Error(`${command} providers does not name its registry:\n${stdout}`)
  return host
}

/** The `null` provider from the mirror only, any other as usual. Written whole, so that parallel readers see no half file. */
async function writeConfiguration(cache: string, mirror: string): Promise<string> {
  const file = join(cache, 'terraform.rc')
  const temporary = `${file}.${randomUUID()}`
  await writeFile(
    temporary,
    `disable_checkpoint = true
provider_installation {
  filesystem_mirror {
    path    = ${JSON.stringify(mirror)}
    include = ["hashicorp/null"]
  }
  direct {
    exclude = ["hashicorp/null"]
  }
}
`,
  )
  await rename(temporary, file)
  return file
}
