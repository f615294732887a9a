import test from 'ava'
import { parseTimestamp } from '../../../src/input/timestamp.ts'

test('RFC 3339 with an offset is a moment', (t) => {
  t.is(parseTimestamp('2030-01-31T00:00:00Z')?.toISOString(), '2030-01-31T00:00:00.000Z')
  t.is(parseTimestamp('2030-01-31T00:00:00+05:30')?.toISOString(), '2030-01-30T18:30:00.000Z')
  t.is(parseTimestamp('2030-01-31t00:00:00.123456-00:00')?.toISOString(), '2030-01-31T00:00:00.123Z')
  t.is(parseTimestamp('2028-02-29T23:59:59z')?.toISOString(), '2028-02-29T23:59:59.000Z')
  t.is(parseTimestamp('0001-01-01T00:00:00Z')?.toISOString(), '0001-01-01T00:00:00.000Z')
  t.is(parseTimestamp('9999-12-31T23:59:59+23:59')?.toISOString(), '9999-12-31T00:00:59.000Z')
  t.is(parseTimestamp('2000-02-29T00:00:00Z')?.toISOString(), '2000-02-29T00:00:00.000Z')
})

for (const text of [
  '2030-01-31',
  '2030-01-31T00:00:00',
  '2030-01-31 00:00:00Z',
  '2030-1-31T00:00:00Z',
  '2030-01-31T00:00:00+0100',
  '2030-01-31T00:00:00Z\n',
  '2030-02-29T00:00:00Z',
  '1900-02-29T00:00:00Z',
  '2030-04-31T00:00:00Z',
  '2030-13-01T00:00:00Z',
  '2030-00-01T00:00:00Z',
  '2030-01-00T00:00:00Z',
  '2030-01-31T24:00:00Z',
  '2030-01-31T00:60:00Z',
  '2030-01-31T00:00:60Z',
  '2030-01-31T00:00:00+24:00',
  '2030-01-31T00:00:00+01:60',
  '0000-01-01T00:00:00Z',
  '0001-01-01T00:00:00+01:00',
  '9999-12-31T23:59:59-01:00',
  'infinity',
  '',
]) {
  test(`no moment: ${JSON.stringify(text)}`, (t) => {
    t.is(parseTimestamp(text), null)
  })
}
