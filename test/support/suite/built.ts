/**
 * Tests as JavaScript, built once and not by each of AVA's processes. With tsx, which brings each module by a thread of
 * its own, a process takes 2.7 s of processor time until its first test of a server begins; so it takes 1.1 s.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build, type Plugin } from 'esbuild'
import { type Count, suite, type SuiteOptions } from './run.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const FOLDER = '.cache/tests'
const CONFIGURATION = 'built-tests.config.mjs'

/** Stands in a module for `import.meta.url`, and is where its source is. Text that only mentions it stays as it is. */
const SOURCE_URL = '__sourceUrl'

const ofSource: Plugin = {
  name: 'import.meta.url of the source',
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8')
      const url = JSON.stringify(pathToFileURL(path).href)
      // On the first line: the numbers of all lines stay.
      const contents = text.includes('import.meta.url') ? `const ${SOURCE_URL} = ${url}; ${text}` : text
      return { loader: 'ts', contents }
    })
  },
}

let building: Promise<void> | null = null

/** Every test file; modules that several need are shared, and packages are not part of it. */
async function buildTests(): Promise<void> {
  const files = readdirSync(`${ROOT}test`, { recursive: true, encoding: 'utf8' })
  await rm(`${ROOT}${FOLDER}`, { recursive: true, force: true })
  await build({
    absWorkingDir: ROOT,
    entryPoints: files.filter((file) => file.endsWith('.test.ts')).map((file) => `test/${file}`),
    outbase: '.',
    outdir: FOLDER,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap: 'inline',
    sourcesContent: false,
    logLevel: 'silent',
    define: { 'import.meta.url': SOURCE_URL },
    plugins: [ofSource],
  })
}

/**
 * All tests that match the patterns, which name them by their sources, built as the sources are when the first are asked for.
 * @throws esbuild's error where a source cannot be built
 */
export async function builtSuite(
  title: string,
  patterns: readonly string[],
  { options = [], ...others }: SuiteOptions = {},
): Promise<Count> {
  await (building ??= buildTests())
  const built = patterns.map((pattern) => `${FOLDER}/${pattern.replace(/\.ts$/, '.mjs')}`)
  return suite(title, built, { ...others, options: ['--config', CONFIGURATION, ...options] })
}
