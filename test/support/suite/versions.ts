/** `npm run test:versions [-- FOLDER …]`: the integration tests on every PostgreSQL version that is installed, folder by folder. */
import { existsSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { POSTGRES_VERSIONS } from '../postgres.ts'
import { conclude, type Count, suite } from './run.ts'

const CHECKOUT = fileURLToPath(new URL('../../../', import.meta.url))

const installed = POSTGRES_VERSIONS.filter((version) =>
  existsSync(`${CHECKOUT}node_modules/postgres-${String(version)}-${process.platform}-${process.arch}`),
)
console.log(`PostgreSQL ${installed.join(', ')}`)
const chosen = process.argv.slice(2).filter((argument) => !argument.startsWith('-'))
const folders =
  chosen.length > 0
    ? chosen
    : readdirSync(`${CHECKOUT}test/integration`, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => name)
        .sort()
const results: Count[] = []
for (const folder of folders)
  results.push(
    await suite(`Integration tests, ${folder}`, [`test/integration/${folder}/**/*.test.ts`], {
      env: { RDS_PROVISION_TEST_VERSIONS: 'all' },
    }),
  )
conclude(results)
