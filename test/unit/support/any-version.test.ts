/** Which tests of `npm test` run on one version of PostgreSQL alone: those for which it makes no difference. */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import test from 'ava'

const INTEGRATION = fileURLToPath(new URL('../../integration/', import.meta.url))
/** A version that is compared with a number, or asked of the server. */
const ASKS = /[vV]ersion (?:[<>]=?|[!=]==) \d|server_version|POSTGRES_VERSIONS/

/** Text of each test file that runs on any version, by its path. */
function filesOnAny(): Map<string, string> {
  const paths = readdirSync(INTEGRATION, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'))
  const texts = paths.map((path): [string, string] => [path, readFileSync(`${INTEGRATION}${path}`, 'utf8')])
  return new Map(texts.filter(([, text]) => /\bANY_VERSION\b/.test(text)))
}

test('a file that runs on any version asks for none: else it runs on one below 16 as well', (t) => {
  const files = filesOnAny()
  t.true(files.size > 20)
  for (const [path, text] of files) {
    t.notRegex(text, ASKS, path)
    t.notRegex(text, /\bVERSIONS\b/, path)
  }
})
