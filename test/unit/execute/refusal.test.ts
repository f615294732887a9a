/** What is told of a refused statement (src/README.md: Code that a statement sets off). */
import test from 'ava'
import { describeRefusal, type Refusal } from '../../../src/execute/refusal.ts'
import { Statement } from '../../../src/model/statement.ts'
import { sampleStep } from '../../support/sample-step.ts'

const REFUSAL: Refusal = {
  code: '42P01',
  message: 'relation "t" does not exist',
  detail: '',
  hint: '',
  context: 'PL/pgSQL function public.log_ddl() line 3',
}
const plain = sampleStep([new Statement('GRANT x TO y')])
const secret = sampleStep([new Statement("PASSWORD 'SCRAM'", { redacted: 'PASSWORD ***' })])

test('the context is told, and why a name is not found', (t) => {
  const told = describeRefusal(REFUSAL, [plain], null)
  t.regex(told, /^relation "t" does not exist \(CONTEXT: PL\/pgSQL function public\.log_ddl\(\) line 3; code that/)
  t.is(
    describeRefusal({ ...REFUSAL, code: '42501', hint: 'Ask.', detail: 'It is so.' }, [plain], null),
    'relation "t" does not exist (DETAIL: It is so.; HINT: Ask.; CONTEXT: PL/pgSQL function public.log_ddl() line 3)',
  )
  t.is(describeRefusal({ ...REFUSAL, context: '' }, [plain], null), REFUSAL.message)
})

test('with a secret in the same message nothing but the message is told', (t) => {
  t.is(describeRefusal({ ...REFUSAL, detail: 'd', hint: 'h' }, [plain, secret], null), REFUSAL.message)
})

test("a tenant's text is one line, bounded, and nothing that a terminal or runner obeys", (t) => {
  const long = `a\n##vso[x]\u001b[2J\u202e${'x'.repeat(1_000_000)}`
  const told = describeRefusal({ ...REFUSAL, message: long, detail: long, hint: long, context: long }, [plain], null)
  t.true(told.length < 4_500, String(told.length))
  t.notRegex(told, /[\n\u001b\u202e]|##vso\[x/)
})

test('who was waited for is told where something was waited for', (t) => {
  t.regex(describeRefusal({ ...REFUSAL, code: '55P03' }, [plain], 'x, idle'), /\(waited for x, idle\)$/)
  t.notRegex(describeRefusal(REFUSAL, [plain], 'x, idle'), /waited/)
})
