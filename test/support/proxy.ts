import { once } from 'node:events'
import { connect, createServer, type Server as Listener, type Socket } from 'node:net'

/**
 * Where the network dies at a flight: `before` the server sees it; `after` the server answered (the answer is lost); or
 * with `kill` once the server has it. Then the callback runs. Dead until reset.
 */
export type CutMode = 'before' | 'after' | 'kill'

/** A TCP proxy that counts, delays and cuts. */
export interface Proxy {
  /** Its port, on 127.0.0.1 and (where there is one) ::1, so that `localhost` reaches it. */
  readonly port: number
  /** TCP connections accepted since the last reset. */
  readonly connections: number
  /** The most that were open at the same time since the last reset. */
  readonly mostOpen: number
  /** First bytes of a client after bytes of the server (or after the connect), over all connections. */
  readonly flights: number
  /** Flights that the server replied to: round trips. */
  readonly answered: number
  /** Delays each direction of connections from now on by so many milliseconds; a round trip takes twice that. */
  delay(milliseconds: number): void
  /** Kills the network at flight `flight` (1 is the first since the reset). */
  cutAt(flight: number, mode: CutMode, callback?: () => void): void
  /** Ends all connections and refuses new ones until reset. */
  die(): void
  /** Counters to 0, no cut, alive again. Open connections stay. */
  reset(): void
  close(): Promise<void>
}

interface State {
  connections: number
  openNow: number
  mostOpen: number
  flights: number
  answered: number
  delay: number
  dead: boolean
  cut: { readonly flight: number; readonly mode: CutMode; readonly callback: () => void } | null
  readonly open: Set<Socket>
}

/** Starts a proxy to `localhost:<upstream>`; `delay` in milliseconds for each direction. */
export async function startProxy(upstream: number, delay = 0): Promise<Proxy> {
  const state: State = {
    connections: 0,
    openNow: 0,
    mostOpen: 0,
    flights: 0,
    answered: 0,
    delay,
    dead: false,
    cut: null,
    open: new Set(),
  }
  const accept = (client: Socket): void => {
    carry(client, upstream, state)
  }
  const listeners = await listenOnLoopback(accept)
  return {
    port: listeners.port,
    get connections() {
      return state.connections
    },
    get mostOpen() {
      return state.mostOpen
    },
    get flights() {
      return state.flights
    },
    get answered() {
      return state.answered
    },
    delay(milliseconds) {
      state.delay = milliseconds
    },
    cutAt(flight, mode, callback = () => {}) {
      state.cut = { flight, mode, callback }
    },
    die() {
      die(state)
    },
    reset() {
      Object.assign(state, { connections: 0, mostOpen: state.openNow, flights: 0, answered: 0, dead: false, cut: null })
    },
    async close() {
      die(state)
      await Promise.all(listeners.all.map((listener) => once(listener.close(), 'close')))
    },
  }
}

async function listenOnLoopback(accept: (client: Socket) => void): Promise<{ port: number; all: Listener[] }> {
  // Half open: a client that ends its side waits for the server's end, by which PostgreSQL has given the slot back.
  const first = createServer({ allowHalfOpen: true }, accept).listen(0, '127.0.0.1')
  await once(first, 'listening')
  const address = first.address()
  if (address === null || typeof address === 'string') throw new Error('The proxy has no port.')
  const second = createServer({ allowHalfOpen: true }, accept).listen(address.port, '::1')
  try {
    await once(second, 'listening')
    return { port: address.port, all: [first, second] }
  } catch {
    return { port: address.port, all: [first] } // a machine without IPv6: localhost is 127.0.0.1 alone
  }
}

function die(state: State): void {
  state.dead = true
  for (const socket of state.open) socket.destroy()
  state.open.clear()
}

/** Whose bytes came last on a connection, and what follows where the next answer is the one to lose. */
interface Turn {
  last: 'client' | 'server'
  doom: (() => void) | null
}

/** Carries one connection; its delay is the one at its start. */
function carry(client: Socket, upstream: number, state: State): void {
  if (state.dead) {
    client.destroy()
    return
  }
  state.connections += 1
  state.openNow += 1
  state.mostOpen = Math.max(state.mostOpen, state.openNow)
  let isOpen = true
  const ended = (): void => {
    if (isOpen) state.openNow -= 1
    isOpen = false
  }
  client.on('end', ended).on('close', ended)
  const server = connect({ port: upstream, host: 'localhost', allowHalfOpen: true })
  const turn: Turn = { last: 'server', doom: null }
  const { delay } = state
  // Timers of equal length fire in the order they were set, so bytes and the end keep theirs.
  const later = (act: () => void): void => {
    if (delay > 0) setTimeout(act, delay)
    else act()
  }
  client.on('data', (data) => {
    fromClient(data, server, turn, state, later)
  })
  server.on('data', (data) => {
    fromServer(data, client, turn, state, later)
  })
  for (const [socket, other] of [
    [client, server],
    [server, client],
  ] as const) {
    socket.setNoDelay(true)
    state.open.add(socket)
    socket.on('end', () => {
      later(() => {
        other.end()
      })
    })
    socket.on('error', () => socket.destroy()) // the other end learns of it by `close`
    socket.on('close', () => {
      state.open.delete(socket)
      if (socket === server) fulfil(turn, state) // the server's answer was to hang up
      later(() => {
        other.destroySoon()
      })
    })
  }
}

type Later = (act: () => void) => void

function fromClient(data: Buffer, server: Socket, turn: Turn, state: State, later: Later): void {
  let cut: State['cut'] = null
  if (turn.last === 'server') {
    turn.last = 'client'
    state.flights += 1
    if (state.cut?.flight === state.flights) cut = state.cut
  }
  if (cut?.mode === 'before') {
    die(state)
    cut.callback()
    return
  }
  if (cut?.mode === 'after') turn.doom = cut.callback
  later(() => {
    server.write(data, () => {
      if (cut?.mode !== 'kill') return
      cut.callback()
      die(state)
    })
  })
}

function fromServer(data: Buffer, client: Socket, turn: Turn, state: State, later: Later): void {
  if (turn.last === 'client') {
    turn.last = 'server'
    state.answered += 1
  }
  if (!fulfil(turn, state))
    later(() => {
      client.write(data)
    })
}

/** @returns whether this was the answer to lose */
function fulfil(turn: Turn, state: State): boolean {
  const { doom } = turn
  if (doom === null) return false
  turn.doom = null
  die(state)
  doom()
  return true
}
