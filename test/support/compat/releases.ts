/**
 * The oldest releases that the module promises, and OpenTofu, built from their Go modules (src/README.md: The test
 * bed).
 */
import { cp, mkdtemp, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import * as v from 'valibot'
import { exists } from '../postgres/binaries.ts'

export interface Release {
  readonly name: string
  readonly module: string
  readonly version: string
  /** The program's package within the module. */
  readonly main: string
  /** What its own build gives the linker, so that it knows itself as a release. */
  readonly ldflags: string
  /** Whether `test` runs *.tftest.hcl. */
  readonly hasNativeTests: boolean
  /** Whether it knows `check` blocks, which modules/drift needs. */
  readonly hasChecks: boolean
  /** Whether a `removed` block may have a provisioner. */
  readonly hasRemovedProvisioners: boolean
  /**
   * Whether a removal in a call with `for_each` is a cycle for it beside something with `create_before_destroy` (guide
   * on limits). https://github.com/hashicorp/terraform/issues/26226
   */
  readonly hasCycles: boolean
}

export const RELEASES: readonly Release[] = [
  {
    name: 'terraform',
    module: 'github.com/hashicorp/terraform',
    version: '1.4.7',
    main: '.',
    ldflags: '',
    hasNativeTests: false,
    hasChecks: false,
    hasRemovedProvisioners: false,
    hasCycles: true,
  },
  {
    name: 'tofu',
    module: 'github.com/opentofu/opentofu',
    version: '1.6.3',
    main: './cmd/tofu',
    ldflags: '-X github.com/opentofu/opentofu/version.dev=no',
    hasNativeTests: true,
    hasChecks: true,
    hasRemovedProvisioners: false,
    hasCycles: true,
  },
]

const Downloaded = v.object({ Dir: v.string() })
const BUILD_TIMEOUT_MS = 1_800_000

/**
 * The program of a release, built on first use into the folder; that takes minutes.
 * @returns its path
 */
export async function build({ name, module, version, main, ldflags }: Release, folder: string): Promise<string> {
  const program = join(folder, `${name}-${version}`)
  if (await exists(program)) return program
  const making = await mkdtemp(join(folder, 'making-'))
  try {
    const { stdout } = await execa('go', ['mod', 'download', '-json', `${module}@v${version}`], {
      cwd: making,
      timeout: BUILD_TIMEOUT_MS,
    })
    // Copied out, because `go install` refuses modules with replace directives, and Go keeps its own copy read-only.
    const sources = join(making, 'sources')
    await cp(v.parse(Downloaded, JSON.parse(stdout)).Dir, sources, { recursive: true })
    await execa('chmod', ['-R', 'u+w', sources])
    await execa('go', ['build', '-buildvcs=false', '-ldflags', ldflags, '-o', join(making, name), main], {
      cwd: sources,
      timeout: BUILD_TIMEOUT_MS,
    })
    await rename(join(making, name), program)
    return program
  } finally {
    await rm(making, { recursive: true, force: true })
  }
}
