/**
 * Terraform's `http` backend: keeps one state in memory (https://developer.hashicorp.com/terraform/language/backend/http).
 * A local state is written anew after each resource, which takes most of an apply of a thousand; one that is elsewhere,
 * each 20 s.
 */
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'

export interface StateServer {
  /** The backend's `address`. */
  readonly address: string
  stop(): Promise<void>
}

async function startStateServer(): Promise<StateServer> {
  let state: Buffer | null = null
  const server = createServer((request, response) => {
    const answer = async (): Promise<void> => {
      const body = await buffer(request)
      if (request.method === 'POST') {
        state = body
        response.end()
      } else if (request.method === 'GET' && state !== null) response.end(state)
      else response.writeHead(request.method === 'GET' ? 404 : 405).end()
    }
    answer().catch((error: unknown) => response.destroy(error instanceof Error ? error : new Error(String(error))))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the state server has no port')
  return {
    address: `http://127.0.0.1:${String(address.port)}/state`,
    async stop() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

/** Gives a root configuration, before its `init`, a server for its state. */
export async function keepStateBehind(folder: string): Promise<StateServer> {
  const state = await startStateServer()
  const backend = { http: { address: state.address } }
  await writeFile(join(folder, 'backend.tf.json'), JSON.stringify({ terraform: { backend } }))
  return state
}
