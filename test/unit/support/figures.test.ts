/** What `npm run test:faults` prints is what was counted. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { figuresTable, readFigures } from '../../support/faults/figures.ts'

test('equal figures of several processes are added up; a property counts once, its cases each time', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'rds-provision-figures-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'figures')
  const lines = [
    ['cut points', 'update', 1200],
    ['cut points', 'first run', 1],
    ['cut points', 'update', 1],
    ['cut points that converged', 'update', 1201],
    ['properties', 'names', 1],
    ['properties', 'names', 1],
    ['cases', 'names', 100],
    ['cases', 'names', 100],
    ['versions', '18.4', 1],
    ['versions', '14.23', 1],
    ['versions', '14.23', 1],
  ]
  await writeFile(
    file,
    lines.map(([figure, title, amount]) => `${JSON.stringify({ figure, title, amount })}\n`).join(''),
  )
  const table = figuresTable(readFigures(file))
  t.regex(table, /\| Runs cut off[^|]* \| 1,202: first run 1, update 1,201 \|/)
  t.regex(table, /\| of these, converged [^|]*\| 1,201 \|/)
  t.regex(table, /\| Properties [^|]*\| 1 \|\n\|[^|]*\| 200 \|/)
  t.regex(table, /\| Versions [^|]*\| 14\.23, 18\.4 \|/)
  t.regex(table, /\| Events [^|]*\| 0 \|/)
})

test('nothing counted is 0, and an unknown figure is no figure', async (t) => {
  t.notRegex(figuresTable(readFigures('/no/such/file')), /[1-9]/)
  const folder = await mkdtemp(join(tmpdir(), 'rds-provision-figures-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  await writeFile(join(folder, 'figures'), '{"figure":"wonders","title":"x","amount":1}\n')
  t.throws(() => readFigures(join(folder, 'figures')))
})
