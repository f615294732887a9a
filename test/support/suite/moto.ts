/** moto, a stand-in for AWS that others made: the tests that keep the stub honest run against it too. */
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { findFreePort } from '../postgres/process.ts'
import { builtSuite } from './built.ts'
import { type Count, failedAsWhole } from './run.ts'

const VERSION = '5.2.5'
const TITLE = `AWS tests against moto ${VERSION}`
const FOLDER = fileURLToPath(new URL(`../../../.cache/moto-${VERSION}`, import.meta.url))
const START_SECONDS = 60

/** The protocols of our stub, and what the program's own calls come to. */
const PATTERNS = ['test/unit/support/aws-protocol.test.ts', 'test/integration/secrets/alike.test.ts']

/** Installs moto into a folder of the checkout, runs the tests that ask either stand-in against it, and stops it. */
export async function motoSuite(): Promise<Count> {
  try {
    await install()
    return await withServer((endpoint) =>
      builtSuite(TITLE, PATTERNS, { env: { RDS_PROVISION_TEST_AWS_ENDPOINT: endpoint } }),
    )
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    console.log(`✘ ${TITLE}: ${message}`)
    return failedAsWhole(TITLE, message.split('\n'))
  }
}

/** @throws Error naming what is missing */
async function install(): Promise<void> {
  if (existsSync(`${FOLDER}/bin/moto_server`)) return
  const venv = await execa('python3', ['-m', 'venv', '--clear', FOLDER], { reject: false, all: true })
  if (venv.exitCode === undefined) throw new Error('python3 is not on the PATH.')
  if (venv.exitCode !== 0)
    throw new Error(`python3 could not make a virtual environment (Debian has it in python3-venv): ${venv.all}`)
  const pip = await execa(
    `${FOLDER}/bin/pip`,
    ['install', '--quiet', '--disable-pip-version-check', `moto[server]==${VERSION}`],
    { reject: false, all: true },
  )
  if (pip.exitCode !== 0) throw new Error(`pip could not install it: ${pip.all}`)
}

/** @throws Error with the server's own words where it does not come up */
async function withServer<T>(use: (endpoint: string) => Promise<T>): Promise<T> {
  const port = await findFreePort()
  const server = execa(`${FOLDER}/bin/moto_server`, ['-H', '127.0.0.1', '-p', String(port)], {
    reject: false,
    all: true,
  })
  const ended = server.then(
    ({ all, exitCode }) => new Error(`it ended: ${exitCode === undefined ? 'it cannot be run.' : all}`),
  )
  try {
    const problem = await Promise.race([ended, listening(port, () => server.exitCode === null)])
    if (problem !== null) throw problem
    return await use(`http://127.0.0.1:${String(port)}`)
  } finally {
    server.kill()
    await ended
  }
}

/** null as soon as somebody listens, else why nobody does. */
async function listening(port: number, isRunning: () => boolean): Promise<Error | null> {
  for (const end = Date.now() + START_SECONDS * 1000; Date.now() < end && isRunning();) {
    if (await isListening(port)) return null
    await sleep(100)
  }
  return new Error(`nobody listens within ${String(START_SECONDS)} s.`)
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
