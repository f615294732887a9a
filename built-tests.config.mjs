/** AVA's settings for tests that are built (test/support/suite/built.ts): those of package.json, without tsx in each process. */
import { readFileSync } from 'node:fs'

const { ava } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'))
const { workerThreads, timeout, environmentVariables } = ava

export default { workerThreads, timeout, environmentVariables, files: ['.cache/tests/test/**/*.test.mjs'] }
