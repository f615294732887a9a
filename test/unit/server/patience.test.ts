import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { ConnectFailure } from '../../../src/server/failure.ts'
import { isPassingAtFirst, retryPatiently } from '../../../src/server/patience.ts'

/** Tries for a minute what always fails so. @returns for how long, in milliseconds, up to the limit of the test */
async function patienceWith(code: string, limitMs: number): Promise<number> {
  const stop = new AbortController()
  const started = Date.now()
  const timer = setTimeout(() => {
    stop.abort()
  }, limitMs)
  const patience = { timeoutMs: 60_000, nameLimitMs: 500, signal: stop.signal, report: () => undefined }
  await retryPatiently(() => Promise.reject(new ConnectFailure('unreachable', code, 'no', null)), patience).catch(
    () => undefined,
  )
  clearTimeout(timer)
  return Date.now() - started
}

test('a name that does not resolve is given up before a server that does not answer yet', async (t) => {
  for (const code of ['ENOTFOUND', 'EAI_AGAIN']) {
    const tried = await patienceWith(code, 20_000)
    t.true(tried >= 500, code)
    t.true(tried < 15_000, code)
  }
  t.true((await patienceWith('ECONNREFUSED', 3_000)) >= 2_900)
})

test('a server that turns everybody away is given its time from the first of those answers on, others are not', async (t) => {
  const isPassing = isPassingAtFirst(300)
  const turnedAway = new ConnectFailure('turned_away', '28000', 'no', null)
  t.false(isPassing(new ConnectFailure('refused', '28000', 'PAM', null)))
  t.true(isPassing(new ConnectFailure('starting', '57P03', 'no', null)))
  await sleep(400)
  t.true(isPassing(turnedAway))
  await sleep(400)
  t.false(isPassing(turnedAway))
  t.true(isPassing(new ConnectFailure('unreachable', 'ECONNREFUSED', 'no', null)))
})
