/** Sessions that a test holds open, and that a run may end. */
import test from 'ava'
import type pg from 'pg'
import type { Stack } from './provision.ts'

export interface HeldSessions {
  /** Closes it after the test: what one leaves open would hold up the next. */
  keep(client: pg.Client): pg.Client
  /** A session of an application, kept. */
  open(stack: Stack, application: string, database?: string): Promise<pg.Client>
}

/** For the tests of one file: to be called once, at its top. */
export function holdSessions(): HeldSessions {
  const opened: pg.Client[] = []
  test.afterEach.always(async () => {
    await Promise.all(opened.splice(0).map((client) => client.end().catch(() => {})))
  })
  const keep = (client: pg.Client): pg.Client => {
    client.on('error', () => {}) // ended by the run
    opened.push(client)
    return client
  }
  return { keep, open: async (stack, application, database) => keep(await stack.connect(application, database)) }
}
