import { execFileSync } from 'node:child_process'

/** An operating system user, as `spawn` takes it. */
export interface Identity {
  readonly uid: number
  readonly gid: number
}

/**
 * Who runs the server. PostgreSQL refuses to run as root ("cannot be run as root", manual 19.1), so root hands over to
 * `postgres`, else `nobody`; anybody else runs it as itself: null.
 */
export function serverIdentity(): Identity | null {
  if (process.getuid?.() !== 0) return null
  for (const name of ['postgres', 'nobody']) {
    const uid = idOf('-u', name)
    const gid = idOf('-g', name)
    if (uid !== null && gid !== null) return { uid, gid }
  }
  throw new Error('Running as root, and there is no user postgres or nobody that could run PostgreSQL.')
}

function idOf(option: '-u' | '-g', name: string): number | null {
  try {
    return Number(execFileSync('id', [option, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }))
  } catch {
    return null // no such user
  }
}
