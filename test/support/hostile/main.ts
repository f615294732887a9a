/**
 * `npm run test:hostile [-- VERSION …]`: every attack on 14, 16 and 18, or on the versions that are named, and its figures
 * into the table of docs/tried-to-break-it.md. `npm run test:soak [-- VERSION …]`: ten minutes of runs under attack on 16.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { conclude, suite } from '../suite/run.ts'
import { attacksTable, readAttackFigures } from './figures.ts'

const GUIDE = new URL('../../../terraform-module/docs/tried-to-break-it.md', import.meta.url)
const SOAK_SECONDS = process.env['RDS_PROVISION_SOAK_SECONDS'] ?? '600'
const HOSTILE = 'test/integration/hostile'

async function attackAll(versions: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'rds-provision-hostile-'))
  const file = join(folder, 'figures.jsonl')
  try {
    const result = await suite('Tenants against all', [`${HOSTILE}/*.test.ts`, `!${HOSTILE}/soak.test.ts`], {
      env: { RDS_PROVISION_TEST_VERSIONS: versions, RDS_PROVISION_HOSTILE: file },
    })
    // What failed has no row, so a table of less than all is not written.
    if (result.failed === 0) await writeTable(attacksTable(readAttackFigures(file)))
    conclude([result])
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** @throws Error where the guide has no such table */
async function writeTable(table: string): Promise<void> {
  const guide = await readFile(GUIDE, 'utf8')
  const written = guide.replace(/^\| who \|.*\n(?:\|.*\n)+/m, `${table}\n`)
  if (!written.includes(table)) throw new Error('docs/tried-to-break-it.md has no table of attacks.')
  await writeFile(GUIDE, written)
}

const words = process.argv.slice(2)
const versions = words.filter((word) => /^\d+$/.test(word)).join(',')
if (words.includes('--soak'))
  conclude([
    await suite('Runs under attack', [`${HOSTILE}/soak.test.ts`], {
      options: ['--timeout=30m'],
      env: { RDS_PROVISION_TEST_VERSIONS: versions === '' ? '16' : versions, RDS_PROVISION_SOAK_SECONDS: SOAK_SECONDS },
    }),
  ])
else await attackAll(versions === '' ? '14,16,18' : versions)
