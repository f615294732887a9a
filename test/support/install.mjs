/** Brings node_modules in line with package-lock.json. Plain JavaScript: nothing is installed when it runs. */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'

const ROOT = new URL('../../', import.meta.url)
const OLDEST_NODE = [20, 19]

/**
 * Checks Node's version, and runs `npm ci` where packages are missing or differ from the lock file.
 * @throws {Error} naming what is missing
 */
export function ensureInstalled() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1])) {
    throw new Error(`Node ${OLDEST_NODE.join('.')} or newer is needed; this is ${process.versions.node}.`)
  }
  if (isCurrent()) return
  console.log('Installing packages (npm ci)')
  const { status, error } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], {
    cwd: ROOT,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  })
  if (error) throw error
  if (status !== 0) throw new Error(`npm ci failed with exit code ${status}.`)
}

/** npm notes what it installed in node_modules/.package-lock.json; what is optional may be absent (another platform's). */
function isCurrent() {
  const noted = new URL('node_modules/.package-lock.json', ROOT)
  if (!existsSync(noted)) return false
  const installed = packagesIn(noted)
  const wanted = Object.entries(packagesIn(new URL('package-lock.json', ROOT))).filter(([path]) => path !== '')
  const known = new Set(wanted.map(([path]) => path))
  return (
    Object.keys(installed).every((path) => known.has(path)) &&
    wanted.every(([path, { version, optional }]) => (installed[path] ? installed[path].version === version : optional))
  )
}

function packagesIn(file) {
  return JSON.parse(readFileSync(file, 'utf8')).packages
}
