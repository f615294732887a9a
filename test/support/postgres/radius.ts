import { createHash, randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import type { TokenService } from './configuration.ts'

/** Stands in for RDS's IAM check: accepts the tokens that a test has announced. */
export interface TokenServer extends TokenService {
  /** From now on `user` logs in with `token` (at most 128 bytes: PostgreSQL's limit for RADIUS). */
  accept(user: string, token: string): void
  close(): void
}

// RFC 2865, 3 and 5: codes, attribute types, and the header of code, identifier, length and authenticator.
const ACCESS_REQUEST = 1
const ACCESS_ACCEPT = 2
const ACCESS_REJECT = 3
const USER_NAME = 1
const USER_PASSWORD = 2
const HEADER = 20

/** Starts a RADIUS server (RFC 2865) on a free loopback port. It does not keep the process alive. */
export async function startTokenServer(): Promise<TokenServer> {
  const secret = randomBytes(12).toString('hex')
  const tokens = new Map<string, string>()
  const socket = createSocket('udp4')
  socket.on('message', (request, from) => {
    if (request[0] === ACCESS_REQUEST) socket.send(answer(request, secret, tokens), from.port, from.address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  socket.unref()
  return {
    port: socket.address().port,
    secret,
    accept: (user, token) => {
      tokens.set(user, token)
    },
    close: () => {
      socket.close()
    },
  }
}

function answer(request: Buffer, secret: string, tokens: ReadonlyMap<string, string>): Buffer {
  const requestAuthenticator = request.subarray(4, HEADER)
  const attributes = readAttributes(request)
  const user = attributes.get(USER_NAME)?.toString() ?? ''
  const password = reveal(attributes.get(USER_PASSWORD) ?? Buffer.alloc(0), requestAuthenticator, secret)
  const head = Buffer.alloc(4)
  head[0] = tokens.get(user) === password ? ACCESS_ACCEPT : ACCESS_REJECT
  head[1] = request[1] ?? 0
  head.writeUInt16BE(HEADER, 2)
  const authenticator = createHash('md5').update(head).update(requestAuthenticator).update(secret).digest()
  return Buffer.concat([head, authenticator])
}

function readAttributes(request: Buffer): Map<number, Buffer> {
  const attributes = new Map<number, Buffer>()
  for (let at = HEADER; at + 2 <= request.length;) {
    const length = Math.max(request[at + 1] ?? 0, 2)
    attributes.set(request[at] ?? 0, request.subarray(at + 2, at + length))
    at += length
  }
  return attributes
}

/** RFC 2865, 5.2: each block of 16 bytes is hidden by an MD5 of the secret and the block before. */
function reveal(hidden: Buffer, authenticator: Buffer, secret: string): string {
  const plain = Buffer.alloc(hidden.length)
  let previous = authenticator
  for (let block = 0; block < hidden.length; block += 16) {
    const mask = createHash('md5').update(secret).update(previous).digest()
    previous = hidden.subarray(block, block + 16)
    previous.forEach((byte, i) => {
      plain[block + i] = byte ^ (mask[i] ?? 0)
    })
  }
  return plain.toString().replace(/\0+$/, '')
}
