import { createHmac, pbkdf2Sync } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { connect as connectTcp, createServer, type Socket } from 'node:net'
import { connect as connectTls, TLSSocket } from 'node:tls'
import type { Server } from '../postgres.ts'

/** What the impostor does to a login instead of passing it on. */
export type Trick =
  | 'no question'
  | 'md5'
  | 'cleartext'
  | 'gss'
  | 'sspi'
  | 'other mechanism'
  | 'wrong signature'
  | 'no signature'
  | 'too early'
  | 'unknown message'
  | 'cut'
  /** As Aurora Serverless while it awakes from 0 ACU: refused before anything is asked for. */
  | 'no entry'
  /** As PAM with a token that it does not take. */
  | 'pam'
  /** From here on the login itself is passed on. */
  | 'broken row'
  | 'unknown message later'
  | 'error at once'
  | 'cut later'

/** A door to a server that does as it likes with some logins; the certificate is the server's own. */
export interface Impostor {
  /** On 127.0.0.1. */
  readonly port: number
  /** By login; others are passed on. */
  readonly tricks: Map<string, Trick>
  /** The start-up packets that came, and for each login what it sent after them. */
  readonly startups: Buffer[]
  readonly sent: Map<string, Buffer>
  close(): Promise<void>
}

// https://www.postgresql.org/docs/current/protocol-message-formats.html
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47])
const TLS_HANDSHAKE = 22

export function message(type: string, body: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeInt32BE(4 + body.length)
  return Buffer.concat([Buffer.from(type), length, body])
}

function authentication(code: number, body: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(4)
  head.writeInt32BE(code)
  return message('R', Buffer.concat([head, body]))
}

const WELCOME = Buffer.concat([
  authentication(0),
  message('S', Buffer.from('server_version\x0017.5\0')),
  message('K', Buffer.alloc(8, 1)),
  message('Z', Buffer.from('I')),
])
const SCRAM = authentication(10, Buffer.from('SCRAM-SHA-256\0\0'))
/** Says that it has 1,000 columns, and has none. */
const BROKEN_ROW = message('D', Buffer.from([3, 232]))
const UNKNOWN = message('!', Buffer.from('?'))
const NO_ENTRY = message('E', Buffer.from('SFATAL\0VFATAL\0C28000\0Mno pg_hba.conf entry for host\0\0'))
const PAM_FAILED = message('E', Buffer.from('SFATAL\0VFATAL\0C28000\0MPAM authentication failed\0\0'))
const ENDED = message('E', Buffer.from('SFATAL\0VFATAL\0C57P01\0Mended\0\0'))

/** Opens a door in front of a server. */
export async function startImpostor(server: Server): Promise<Impostor> {
  const [key, cert, ca] = await Promise.all(
    [server.keyFile, server.certificateFile, server.caFile].map((file) => readFile(file)),
  )
  const open = new Set<Socket>()
  const state = { tricks: new Map<string, Trick>(), startups: [], sent: new Map<string, Buffer>() }
  const listener = createServer((raw) => {
    open.add(raw)
    raw.on('close', () => open.delete(raw))
    raw.on('error', () => raw.destroy())
    raw.once('data', (first) => {
      raw.pause()
      const isDirect = first[0] === TLS_HANDSHAKE
      if (isDirect) raw.unshift(first)
      else if (!first.equals(SSL_REQUEST)) return raw.destroy()
      const options = isDirect ? { ALPNProtocols: ['postgresql'] } : {}
      const client = new TLSSocket(raw, { isServer: true, key, cert, ...options })
      client.on('error', () => client.destroy())
      if (!isDirect) raw.write('S')
      client.once('data', (startup: Buffer) => {
        serve(server.port, ca, client, startup, state)
      })
      return raw
    })
  }).listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const address = listener.address()
  if (address === null || typeof address === 'string') throw new Error('The impostor has no port.')
  return {
    port: address.port,
    ...state,
    async close() {
      for (const socket of open) socket.destroy()
      await once(listener.close(), 'close')
    },
  }
}

type State = Pick<Impostor, 'tricks' | 'startups' | 'sent'>

function serve(port: number, ca: Buffer | undefined, client: Socket, startup: Buffer, state: State): void {
  const fields = startup.subarray(8).toString().split('\0')
  const user = fields[fields.indexOf('user') + 1] ?? ''
  const trick = state.tricks.get(user) ?? null
  state.startups.push(startup)
  state.sent.set(user, Buffer.alloc(0))
  client.on('data', (data: Buffer) => state.sent.set(user, Buffer.concat([state.sent.get(user) ?? data, data])))
  const answer = trick === null ? undefined : ANSWERS[trick]
  if (answer !== undefined) {
    answer(client)
    return
  }
  const raw = connectTcp(port, '127.0.0.1')
  raw.on('error', () => client.destroy())
  raw.write(SSL_REQUEST)
  raw.once('data', () => {
    const inside = connectTls({ socket: raw, ...(ca === undefined ? {} : { ca }), servername: 'localhost' })
    inside.on('error', () => client.destroy())
    inside.on('close', () => {
      client.destroySoon()
    })
    client.on('close', () => inside.destroy())
    inside.write(startup)
    client.on('data', (data: Buffer) => inside.write(data))
    tamper(inside, client, trick)
  })
}

/** Answers that need no server. */
const ANSWERS: Partial<Record<Trick, (client: Socket) => unknown>> = {
  'no question': (client) => client.write(WELCOME),
  md5: (client) => client.write(authentication(5, Buffer.from('salt'))),
  cleartext: (client) => client.write(authentication(3)),
  gss: (client) => client.write(authentication(7)),
  sspi: (client) => client.write(authentication(9)),
  'other mechanism': (client) => client.write(authentication(10, Buffer.from('OAUTHBEARER\0\0'))),
  'unknown message': (client) => client.write(UNKNOWN),
  cut: (client) => client.end(SCRAM.subarray(0, 9)),
  'no entry': (client) => client.end(NO_ENTRY),
  pam: (client) => {
    client.write(authentication(3))
    client.once('data', () => client.end(PAM_FAILED))
  },
  'too early': (client) => {
    client.write(Buffer.concat([SCRAM, authentication(12, Buffer.from('v=AAAA')), WELCOME]))
  },
  'wrong signature': (client) => {
    exchange(client, Buffer.concat([authentication(12, Buffer.from(`v=${guess('any')}`)), WELCOME]))
  },
  'no signature': (client) => {
    exchange(client, WELCOME)
  },
}

/** The server's part of SCRAM, up to the proof that it cannot give. */
function exchange(client: Socket, last: Buffer): void {
  client.write(SCRAM)
  client.once('data', (first: Buffer) => {
    const nonce = /r=([^,\0]+)/.exec(first.toString())?.[1] ?? ''
    client.write(authentication(11, Buffer.from(`r=${nonce}x,s=c2FsdHNhbHRzYWx0,i=4096`)))
    client.once('data', () => client.write(last))
  })
}

function guess(password: string): string {
  const salted = pbkdf2Sync(password, 'saltsaltsalt', 4096, 32, 'sha256')
  return createHmac('sha256', salted).update('Server Key').digest('base64')
}

/** Passes the server's messages on, with what the trick makes of the first that follow the login. */
function tamper(from: Socket, to: Socket, trick: Trick | null): void {
  let rest = Buffer.alloc(0)
  let isIn = false
  from.on('data', (data: Buffer) => {
    rest = Buffer.concat([rest, data])
    while (rest.length >= 5 && rest.length > rest.readInt32BE(1)) {
      const whole = rest.subarray(0, 1 + rest.readInt32BE(1))
      rest = rest.subarray(whole.length)
      const type = String.fromCharCode(whole[0] ?? 0)
      if (isIn && type === 'D' && trick === 'cut later') return to.end(whole.subarray(0, 6))
      const other = isIn && type === 'D' ? TAMPERED.get(trick) : undefined
      to.write(trick === 'error at once' && type === 'Z' && !isIn ? Buffer.concat([whole, ENDED]) : (other ?? whole))
      isIn ||= type === 'Z'
    }
    return to
  })
}

const TAMPERED = new Map<Trick | null, Buffer>([
  ['broken row', BROKEN_ROW],
  ['unknown message later', UNKNOWN],
])
