import test from 'ava'

import { createProgress } from '../../../src/audit/progress.ts'

/** The lines of work of `total` pieces, each taking `pieceMs`. */
function linesOf(total: number, pieceMs: number): string[] {
  const lines: string[] = []
  let time = 0
  const progress = createProgress({
    total,
    unit: 'databases',
    now: () => new Date(time),
    report: (line) => lines.push(line),
  })
  for (let piece = 0; piece < total; piece += 1) {
    time += pieceMs
    progress.advance()
  }
  return lines
}

test('a run that is over at once says nothing', (t) => {
  t.deepEqual(linesOf(49, 100), [])
})

test('long work says where it is, first after five seconds and then every ten', (t) => {
  t.deepEqual(linesOf(300, 100), [
    '50/300 databases, 25 s left',
    '150/300 databases, 15 s left',
    '250/300 databases, 5 s left',
  ])
})

test('a thousand pieces do not flood the log, and a long rest is told in minutes', (t) => {
  const lines = linesOf(1000, 400)
  t.is(lines.length, 40)
  t.is(lines[0], '13/1000 databases, 7 min left')
})

test("the last piece is the closing line's to tell", (t) => {
  t.deepEqual(linesOf(1, 60_000), [])
})
