/** The committed bundle as a process, as Terraform runs it. */
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'

const BUNDLE = fileURLToPath(new URL('../../terraform-module/dist/rds-provision.mjs', import.meta.url))

/** What a process of the bundle came to; `code` is -1 where a signal ended it. */
export interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** A running process of the bundle. */
export interface Launched {
  readonly ended: Promise<Ended>
  /** Standard output so far. */
  readonly output: () => string
  readonly kill: (signal: NodeJS.Signals) => void
}

/** Starts it with exactly these variables in its environment. */
export function launchBundle(args: readonly string[], env: Readonly<Record<string, string>>): Launched {
  const child = execa(process.execPath, [BUNDLE, ...args], { env, extendEnv: false, reject: false })
  let output = ''
  child.stdout.on('data', (data: Buffer) => {
    output += data.toString()
  })
  const ended = child.then(({ exitCode = -1, stdout, stderr }) => ({ code: exitCode, stdout, stderr }))
  return {
    ended,
    output: () => output,
    kill: (signal) => {
      child.kill(signal)
    },
  }
}
