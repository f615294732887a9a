/** AWS's Runtime Interface Emulator, built from its Go module, with a function's code in it. */
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { exists } from '../postgres/binaries.ts'
import { findFreePort } from '../postgres/process.ts'

const MODULE = 'github.com/aws/aws-lambda-runtime-interface-emulator/cmd/aws-lambda-rie'
const VERSION = 'v0.0.0-20261030222936-bef5c4ba774d'
const FOLDER = fileURLToPath(new URL('../../../.cache/rie/', import.meta.url))
const RUNTIME = fileURLToPath(new URL('../aws/rie-runtime.mjs', import.meta.url))
const START_SECONDS = 30

/** What the emulator tells each function that it is. */
export const EMULATED_ARN = 'arn:aws:lambda:us-east-1:012345678912:function:test_function'

/** @returns the program. @throws Error where go is missing or does not build it */
async function prepare(): Promise<string> {
  const program = join(FOLDER, 'aws-lambda-rie')
  if (!(await exists(program))) {
    await mkdir(FOLDER, { recursive: true })
    await execa('go', ['install', `${MODULE}@${VERSION}`], { env: { GOBIN: FOLDER } })
  }
  return program
}

export interface Emulated {
  /** Speaks as Lambda does in a region without streaming. */
  readonly endpoint: string
  /** What the emulator and the function wrote. */
  readonly log: () => string
  readonly stop: () => Promise<void>
}

/** @param folder where the function's code is unpacked */
export async function emulate(
  folder: string,
  handler: string,
  env: Readonly<Record<string, string>>,
): Promise<Emulated> {
  const [port, api] = [await findFreePort(), await findFreePort()]
  const own = `127.0.0.1:${String(port)}`
  const addresses = ['--runtime-interface-emulator-address', own, '--runtime-api-address', `127.0.0.1:${String(api)}`]
  const running = execa(await prepare(), [...addresses, process.execPath, RUNTIME, handler], {
    env: { ...env, LAMBDA_TASK_ROOT: folder, _HANDLER: handler, AWS_LAMBDA_FUNCTION_TIMEOUT: '120' },
    reject: false,
    all: true,
    extendEnv: false,
  })
  let log = ''
  running.all.on('data', (data: Buffer) => (log += data.toString()))
  const front = createServer((incoming, outgoing) => {
    forward(port, incoming, outgoing)
  }).listen(0, '127.0.0.1')
  await once(front, 'listening')
  const address = front.address()
  if (address === null || typeof address === 'string') throw new Error('the front has no port')
  for (let left = START_SECONDS * 10; left > 0 && !/listening|exec/i.test(log); left -= 1) await sleep(100)
  return {
    endpoint: `http://127.0.0.1:${String(address.port)}`,
    log: () => log,
    stop: async () => {
      running.kill('SIGKILL')
      await running
      front.closeAllConnections()
      await once(front.close(), 'close')
    },
  }
}

/** The emulator knows one function, by one name, and no streaming. */
function forward(port: number, incoming: IncomingMessage, outgoing: ServerResponse): void {
  if (incoming.url?.endsWith('/response-streaming-invocations') === true) {
    incoming.resume()
    outgoing.writeHead(404, { 'x-amzn-errortype': 'UnknownOperationException' }).end('{}')
    return
  }
  const path = '/2015-03-31/functions/function/invocations'
  const onward = request({ host: '127.0.0.1', port, path, method: 'POST' }, (answer) => {
    outgoing.writeHead(answer.statusCode ?? 500)
    answer.pipe(outgoing)
  })
  onward.on('error', (error) => outgoing.destroy(error))
  incoming.pipe(onward)
}
