/** Terraform's `http` backend: keeps one state in memory. https://developer.hashicorp.com/terraform/language/backend/http */
import { once } from 'node:events'
import { createServer } from 'node:http'
import { buffer } from 'node:stream/consumers'

export interface StateServer {
  /** The backend's `address`. */
  readonly address: string
  /** How often a state was written. */
  readonly writes: number
  stop(): Promise<void>
}

export async function startStateServer(): Promise<StateServer> {
  let state: Buffer | null = null
  let writes = 0
  const server = createServer((request, response) => {
    const answer = async (): Promise<void> => {
      const body = await buffer(request)
      if (request.method === 'POST') {
        state = body
        writes += 1
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
    get writes() {
      return writes
    },
    async stop() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
