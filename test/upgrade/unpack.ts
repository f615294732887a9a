/** A module of ours out of the history of git. */
import { mkdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { execa, ExecaError } from 'execa'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** The last commit before the code base was made one that a stranger can own; states that it wrote are in use. */
export const FORMER = 'ea7fea474080d13803abd33c5164d3ad5a1de08a'

/**
 * Puts `terraform-module` of a commit below a folder, bundle included.
 * @returns the module's path
 * @throws Error that says what to do where this clone has no such commit
 */
export async function unpackModule(commit: string, folder: string): Promise<string> {
  await ensureCommit(commit)
  const tarball = join(folder, `${commit}.tar`)
  const target = join(folder, commit.slice(0, 12))
  await mkdir(target)
  await execa('git', ['archive', '--format=tar', '-o', tarball, commit, 'terraform-module'], { cwd: ROOT })
  await execa('tar', ['-x', '-f', tarball, '-C', target])
  await rm(tarball)
  const module = join(target, 'terraform-module')
  await stat(join(module, 'dist', 'rds-provision.mjs'))
  return module
}

async function ensureCommit(commit: string): Promise<void> {
  try {
    await execa('git', ['cat-file', '-e', `${commit}^{commit}`], { cwd: ROOT })
  } catch (error) {
    const said = error instanceof ExecaError ? error.shortMessage : String(error)
    throw new Error(
      `The upgrade tests apply the module of commit ${commit}, which this clone does not have (${said}). ` +
        'Fetch the whole history: `git fetch --unshallow`; in GitHub Actions `fetch-depth: 0` of actions/checkout.',
      { cause: error },
    )
  }
}
