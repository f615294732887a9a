import test from 'ava'
import { ApplyError, AwsError } from '../../../../src/errors.ts'
import type { Credential } from '../../../../src/model/credential.ts'
import type { Problem, ProblemCode } from '../../../../src/model/problem.ts'
import { Secret } from '../../../../src/model/secret.ts'
import { patientReader, type Settling } from '../../../../src/run/connection/settling.ts'
import type { SecretReader } from '../../../../src/secrets/secret-reader.ts'

function problem(field: string, code: ProblemCode): Problem {
  return { application: null, code, field, message: `${code}.`, remedy: '' }
}

function credential(secretId: string): Credential {
  return { secretId, versionId: '1', username: null, password: new Secret('p'), createdAt: null }
}

/** A store in which what a code is given for cannot be read. `asked` has the ids of each call. */
function store(answers: Readonly<Record<string, ProblemCode>>[]): SecretReader & { readonly asked: string[][] } {
  const asked: string[][] = []
  return {
    asked,
    readCurrent: async (ids) => {
      const codes = answers[Math.min(asked.length, answers.length - 1)] ?? {}
      asked.push([...ids])
      const [bad, good] = [ids.filter((id) => id in codes), ids.filter((id) => !(id in codes))]
      return Promise.resolve({
        credentials: new Map(good.map((id) => [id, credential(id)])),
        problems: new Map(bad.map((id) => [id, problem(id, codes[id] ?? 'secret_refused')])),
      })
    },
    readStage: async () => Promise.resolve(null),
  }
}

function settling(timeoutMs: number, signal = new AbortController().signal): Settling & { readonly lines: string[] } {
  const lines: string[] = []
  const progress = (line: string): void => {
    lines.push(line)
  }
  return { timeoutMs, signal, progress, lines }
}

test('only what may come to be there is asked for again, and the answer is in the order asked for', async (t) => {
  const reader = store([
    { b: 'secret_denied', c: 'malformed_secret', d: 'secret_not_found' },
    { d: 'secret_not_found' },
    {},
  ])
  const patience = settling(30_000)
  const { credentials, problems } = await patientReader(reader, patience).readCurrent(['a', 'b', 'c', 'd', 'e'])
  t.deepEqual(reader.asked, [['a', 'b', 'c', 'd', 'e'], ['b', 'd'], ['d']])
  t.deepEqual([...credentials.keys()], ['a', 'b', 'd', 'e'])
  t.deepEqual(
    [...problems.values()].map(({ field, code }) => [field, code]),
    [['c', 'malformed_secret']],
  )
  t.deepEqual(patience.lines, [
    'waiting up to 30 s for b (secret_denied): it may have been made just now',
    'waiting up to 30 s for d (secret_not_found): it may have been made just now',
  ])
})

test('what is still not there when the time is over is told as ever', async (t) => {
  const reader = store([{ a: 'secret_denied', b: 'secret_empty' }])
  const { problems } = await patientReader(reader, settling(2_400)).readCurrent(['a', 'b'])
  t.deepEqual([...problems.keys()], ['a', 'b'])
  t.is(reader.asked.length, 2, 'after 1 s, and not after 2.5 s')
})

test('a role that may not be assumed yet is a whole answer; every other error ends at once', async (t) => {
  for (const [code, calls] of [
    ['assume_role_denied', 2],
    ['aws_credentials', 1],
    ['aws_unreachable', 1],
  ] as const) {
    let asked = 0
    const reader: SecretReader = {
      readCurrent: async () => {
        asked += 1
        return Promise.reject(new AwsError([problem('x', code)]))
      },
      readStage: async () => Promise.resolve(null),
    }
    await t.throwsAsync(patientReader(reader, settling(2_400)).readCurrent(['a']), { instanceOf: AwsError })
    t.is(asked, calls, code)
  }
})

test('an interrupt ends the wait', async (t) => {
  const abort = new AbortController()
  const reader = store([{ a: 'secret_denied' }])
  const work = patientReader(reader, settling(30_000, abort.signal)).readCurrent(['a'])
  setTimeout(() => {
    abort.abort('received SIGTERM')
  }, 100)
  await t.throwsAsync(work, { instanceOf: ApplyError })
  t.is(reader.asked.length, 1, 'the first pause was not waited out')
})
