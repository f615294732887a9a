/** Brings node_modules in line with package-lock.json. Plain JavaScript: nothing is installed when it runs. */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'

const ROOT = new URL('../../', import.meta.url)
const OLDEST_NODE = [20, 19]
/** A contributor's tree has it, a tree of the demo alone has not. */
const TEST_RUNNER = 'node_modules/ava'
/**
 * Whatever a user's npm is set to: what tests and demo need, no install script, and as many retries as need be, which
 * wait for 8 seconds in all (npm's own two wait for 70).
 */
const OPTIONS = [
  ...['--include=dev', '--include=optional', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'],
  ...['--fetch-retries=4', '--fetch-retry-factor=2', '--fetch-retry-mintimeout=500', '--fetch-retry-maxtimeout=5000'],
]

/**
 * Checks Node's version, and runs `npm ci` where packages are missing or differ from the lock file.
 * @param {string} [workspace] the folder of a workspace, as in package.json: only what this one needs. A tree that holds
 *   more already is kept complete.
 * @param {(command: string) => void} [announce] is told when packages are to be installed
 * @throws {Error} naming what is missing
 */
export function ensureInstalled(workspace, announce = (command) => console.log(`Installing packages (${command})`)) {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1])) {
    throw new Error(`Node ${OLDEST_NODE.join('.')} or newer is needed; this is ${process.versions.node}.`)
  }
  if (missing(workspace).length === 0) return
  const only = workspace !== undefined && readInstalled()[TEST_RUNNER] === undefined
  const args = only ? ['ci', `--workspace=${workspace}`] : ['ci']
  announce(['npm', ...args].join(' '))
  const { status, error, stderr } = spawnSync('npm', [...args, ...OPTIONS], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    shell: process.platform === 'win32',
  })
  if (error) throw new Error(`npm cannot be run (${error.message}): it comes with Node.js and must be on PATH.`)
  if (status !== 0) throw new Error(tellFailure(reasonOf(stderr) || `exit code ${status}`))
  // npm passes over an optional package that it could not download, and npm 10 may end well where it failed.
  const left = missing(workspace)
  if (left.length > 0) throw new Error(tellFailure(`it did not bring ${left.slice(0, 3).join(', ')}`))
}

function tellFailure(reason) {
  return `npm ci could not install the packages (${reason}): see that npm reaches its registry, which \`npm ping\` tells, then run the same command again.`
}

/** Of npm's many lines the first that says something to a person; before it stand lines of the code, one `errno <code>`. */
function reasonOf(stderr) {
  if (stderr.includes('Exit handler never called')) return 'it ended early, as npm 10 does where there is no network'
  const lines = stderr
    .split('\n')
    .filter((line) => line.startsWith('npm error '))
    .map((line) => line.slice('npm error '.length).trim())
  return lines.find((line) => line !== '' && !/^(code|errno|syscall|path|dest) /.test(line))
}

/**
 * What of the lock file is not installed in its version, and what is installed but not in the lock file, by path. npm
 * notes what it installed in node_modules/.package-lock.json, after the last package.
 */
function missing(workspace) {
  const installed = readInstalled()
  const locked = packagesIn(new URL('package-lock.json', ROOT))
  const differing = Object.keys(installed).filter((path) => installed[path].version !== locked[path]?.version)
  const absent = Object.keys(workspace === undefined ? locked : directlyNeeded(workspace, locked)).filter(
    (path) => isNeededHere(locked[path]) && installed[path] === undefined,
  )
  return [...differing, ...absent]
}

/** What these need in turn is there with them, since one version of a package always needs the same. */
function directlyNeeded(workspace, locked) {
  const { devDependencies, optionalDependencies } = JSON.parse(
    readFileSync(new URL(`${workspace}/package.json`, ROOT), 'utf8'),
  )
  return Object.fromEntries(
    Object.keys({ ...devDependencies, ...optionalDependencies })
      .map((name) => `node_modules/${name}`)
      .map((path) => [path, locked[path]]),
  )
}

/** What is optional may be absent, unless it is the build for just this platform. */
function isNeededHere({ optional, os, cpu }) {
  return !optional || (os?.includes(process.platform) === true && cpu?.includes(process.arch) === true)
}

function readInstalled() {
  const noted = new URL('node_modules/.package-lock.json', ROOT)
  return existsSync(noted) ? packagesIn(noted) : {}
}

/** By path; without the project itself, its workspaces and the links to them, which are nothing to install. */
function packagesIn(file) {
  const { packages } = JSON.parse(readFileSync(file, 'utf8'))
  return Object.fromEntries(
    Object.entries(packages).filter(([path, { link }]) => path.startsWith('node_modules/') && !link),
  )
}
