import test from 'ava'
import { told, untruths } from '../../support/faults/truth.ts'

test('statements whose answer was lost are told, whatever words stand before them', (t) => {
  const message = (text: string): { message: string; status: 'failed'; statements: string[] } => ({
    message: `role ed: gets CREATEDB, valid until 2040-01-01T00:00:00Z: the connection broke before the server answered, so whether it took effect is not known; the next run finds out: ${text}`,
    status: 'failed',
    statements: [],
  })
  const lost = told([message('ALTER ROLE "ed" CREATEDB'), message(`COMMENT ON ROLE "ed" IS '{"team":"blue"}'`)])
  t.deepEqual(lost.claimed, [])
  t.deepEqual(untruths(lost, ['ALTER ROLE "ed" CREATEDB', `COMMENT ON ROLE "ed" IS '{"team":"blue"}'`]), [])
  t.deepEqual(untruths(lost, ['DROP ROLE "ed"']), ['took effect, but the audit does not tell: DROP ROLE "ed"'])
})
