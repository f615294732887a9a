/**
 * `npm run test:versions [-- VERSION … FOLDER …]`: the integration tests on every PostgreSQL version that is installed, or on
 * the versions that are named, folder by folder.
 */
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { chooseVersions } from '../provision/versions.ts'
import { builtSuite } from './built.ts'
import { conclude, type Count } from './run.ts'

const INTEGRATION = fileURLToPath(new URL('../../integration', import.meta.url))

/** Folders of test/integration, and '' for the files beside them. */
function allFolders(): string[] {
  const folders = readdirSync(INTEGRATION, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  return ['', ...folders.map(({ name }) => name).sort()]
}

/** @param words versions and folders; none of a kind: all of it */
async function main(words: readonly string[]): Promise<void> {
  const numbers = words.filter((word) => /^\d+$/.test(word))
  const named = words.filter((word) => !numbers.includes(word))
  const choice = numbers.length > 0 ? numbers.join(',') : 'all'
  console.log(`PostgreSQL ${chooseVersions(choice).join(', ')}`)
  const results: Count[] = []
  for (const folder of named.length > 0 ? named : allFolders())
    results.push(
      await builtSuite(
        folder === '' ? 'Integration tests' : `Integration tests, ${folder}`,
        [folder === '' ? 'test/integration/*.test.ts' : `test/integration/${folder}/**/*.test.ts`],
        { env: { RDS_PROVISION_TEST_VERSIONS: choice } },
      ),
    )
  conclude(results)
}

try {
  await main(process.argv.slice(2).filter((argument) => !argument.startsWith('-')))
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  console.log('0 passed, 1 failed')
  process.exitCode = 1
}
