/** The terraform (or tofu) program: found, asked, run. */
import { execa } from 'execa'
import * as v from 'valibot'

export interface Program {
  /** Name or path, as given to the operating system. */
  readonly command: string
  readonly version: string
  /** `linux_amd64` and the like, as in a provider mirror. */
  readonly platform: string
}

/**
 * What the suite sets, and stacks pass on. A third of Terraform's processor time goes into garbage and into certificates
 * between it and its providers, for each of thousands of commands; with these it is less, and what it does is the same.
 * https://pkg.go.dev/runtime#hdr-Environment_Variables
 */
export const SPARING = { GOGC: '400', TF_DISABLE_PLUGIN_TLS: '1' } as const

const Version = v.object({ terraform_version: v.string(), platform: v.string() })

/**
 * Terraform, else OpenTofu, on PATH; or the program that RDS_PROVISION_TEST_TERRAFORM names.
 * @throws Error naming the prerequisite
 */
export async function findProgram(): Promise<Program> {
  const named = process.env['RDS_PROVISION_TEST_TERRAFORM']
  const candidates = named === undefined ? ['terraform', 'tofu'] : [named]
  for (const command of candidates) {
    const { exitCode, stdout } = await execa(command, ['version', '-json'], {
      reject: false,
      env: { TF_CLI_CONFIG_FILE: '', CHECKPOINT_DISABLE: '1' },
    })
    if (exitCode === 0) {
      const { terraform_version: version, platform } = v.parse(Version, JSON.parse(stdout))
      return { command, version, platform }
    }
  }
  throw new Error(
    `${candidates.join(' or ')} is needed and not on PATH: install Terraform 1.4 or OpenTofu 1.6, or newer.`,
  )
}
