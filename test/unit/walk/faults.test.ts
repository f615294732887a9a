/** Faults that are planted where walks run stand in the sources as they are now (`npm run test:walk -- --faults`). */
import { readFileSync } from 'node:fs'
import test from 'ava'
import { FAULTS } from '../../support/walk/faults.ts'

const ROOT = new URL('../../../', import.meta.url)

test('each has its place, and changes it', (t) => {
  t.true(FAULTS.length >= 20)
  for (const { what, file, from, to } of FAULTS) {
    t.true(readFileSync(new URL(file, ROOT), 'utf8').includes(from), what)
    t.not(from, to, what)
  }
})
