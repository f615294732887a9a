/** What is installed is exactly what was locked, and nothing of it runs, or reaches the module, unasked. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import * as v from 'valibot'
import { parseSource } from '../support/sources.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const Versions = v.record(v.string(), v.string())
/** No optional dependencies: npm would install them for whoever installs the library. */
const Manifest = v.object({
  dependencies: Versions,
  devDependencies: Versions,
  optionalDependencies: v.optional(v.never()),
  workspaces: v.array(v.string()),
})
const PostgresManifest = v.object({ optionalDependencies: Versions })
const DemoManifest = v.object({ devDependencies: Versions, optionalDependencies: Versions })
const DEMO = 'test/demo'
const POSTGRES = 'test/support/postgres'
/** As npm links them, by the name of their package. */
const LINKS = { 'node_modules/rds-provision-demo': DEMO, 'node_modules/rds-provision-test-postgres': POSTGRES }
const Locked = v.object({
  version: v.string(),
  resolved: v.optional(v.string()),
  integrity: v.optional(v.string()),
  dev: v.optional(v.boolean(), false),
  optional: v.optional(v.boolean(), false),
  devOptional: v.optional(v.boolean(), false),
  hasInstallScript: v.optional(v.boolean(), false),
})
const Lock = v.object({ lockfileVersion: v.literal(3), packages: v.record(v.string(), v.unknown()) })

const read = (name: string): unknown => JSON.parse(readFileSync(`${ROOT}${name}`, 'utf8'))
const manifest = v.parse(Manifest, read('package.json'))
const demo = v.parse(DemoManifest, read(`${DEMO}/package.json`))
const postgres = v.parse(PostgresManifest, read(`${POSTGRES}/package.json`))
const { packages } = v.parse(Lock, read('package-lock.json'))
const locked = Object.entries(packages)
  .filter(([path]) => path.startsWith('node_modules/') && !Object.hasOwn(LINKS, path))
  .map(([path, entry]): [string, v.InferOutput<typeof Locked>] => [path, v.parse(Locked, entry)])

test('every version is exact', (t) => {
  const all = Object.entries({
    ...manifest.dependencies,
    ...manifest.devDependencies,
    ...postgres.optionalDependencies,
  })
  t.true(all.length > 20)
  t.deepEqual(
    all.filter(([, version]) => !/^(?:npm:@[\w-]+\/[\w-]+@)?\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version)),
    [],
  )
})

test('the lock is that of package.json, each package with its hash, none from anywhere but the registry', (t) => {
  t.deepEqual(v.parse(Manifest, packages['']), manifest)
  t.deepEqual(
    locked.filter(([, { integrity }]) => integrity?.startsWith('sha512-') !== true).map(([path]) => path),
    [],
  )
  t.deepEqual(
    locked
      .filter(
        ([, { resolved }]) =>
          resolved !== undefined && !/^https:\/\/[^/]+\/(?:@[\w.-]+\/)?[\w.-]+\/-\/[\w.-]+\.tgz$/.test(resolved),
      )
      .map(([path]) => path),
    [],
  )
})

test('of what is locked, only the project and its workspaces are no packages', (t) => {
  const known = new Set(locked.map(([path]) => path))
  t.deepEqual(
    Object.keys(packages)
      .filter((path) => !known.has(path))
      .sort(),
    ['', ...Object.keys(LINKS), DEMO, POSTGRES].sort(),
  )
  t.deepEqual(manifest.workspaces, Object.values(LINKS))
  for (const [link, resolved] of Object.entries(LINKS)) t.deepEqual(packages[link], { resolved, link: true })
  t.deepEqual(v.parse(DemoManifest, packages[DEMO]), demo)
  t.deepEqual(v.parse(PostgresManifest, packages[POSTGRES]), postgres)
})

test('the PostgreSQL servers are a workspace of the tests: whoever installs the library gets none', (t) => {
  t.true(Object.keys(postgres.optionalDependencies).length >= 5)
  const own = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies })
  t.deepEqual(
    own.filter((name) => name.includes('postgres-')),
    [],
  )
})

test('the demo asks for what it loads and for one PostgreSQL, in the versions of the project', (t) => {
  const { dependencies, devDependencies } = manifest
  const own = Object.keys(demo.devDependencies)
  const all: Record<string, string> = { ...dependencies, ...devDependencies }
  t.deepEqual(demo.devDependencies, Object.fromEntries(own.map((name) => [name, all[name] ?? 'not there'])))
  // `tsx` is loaded by test/demo.mjs, before TypeScript can be.
  t.deepEqual([...own].sort(), [...new Set([...loadedPackages(`${DEMO}/main.ts`), 'tsx'])].sort())
  t.deepEqual(
    demo.optionalDependencies,
    Object.fromEntries(
      Object.entries(postgres.optionalDependencies).filter(([name]) => name.startsWith('postgres-17-')),
    ),
  )
  t.regex(readFileSync(`${ROOT}${DEMO}/bed.ts`, 'utf8'), /^const POSTGRES_VERSION = 17$/m)
})

/** The packages that a file loads when it runs, itself or through others. */
function loadedPackages(path: string, seen = new Set<string>()): string[] {
  if (seen.has(path)) return []
  seen.add(path)
  return parseSource(path, readFileSync(`${ROOT}${path}`, 'utf8'))
    .imports.filter(({ typeOnly, target }) => !typeOnly && !target.startsWith('node:'))
    .flatMap(({ local, target }) => (local ? loadedPackages(target, seen) : [packageOf(target)]))
}

/** `csv-parse/sync` is of `csv-parse`. */
function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

test('nothing that is bundled has an install script; of the tools only those that the tests do without', (t) => {
  const scripted = locked.filter(([, { hasInstallScript }]) => hasInstallScript)
  t.deepEqual(
    scripted.filter(([, { dev, optional, devOptional }]) => !dev && !optional && !devOptional).map(([path]) => path),
    [],
  )
  const unknown = scripted
    .map(([path]) => path.replace('node_modules/', ''))
    .filter((name) => name !== 'esbuild' && !/^postgres-\d+-/.test(name) && name !== 'fsevents')
  t.deepEqual(unknown, [])
})

test('the licence file names every package of the bundle with the version that is locked', (t) => {
  const text = readFileSync(`${ROOT}terraform-module/dist/THIRD_PARTY_LICENSES.txt`, 'utf8')
  const named = [...text.matchAll(/^((?:@[\w.-]+\/)?[\w.-]+) (\d+\.\d+\.\d+\S*) \([^)]+\)$/gm)].map(
    ([, name = '', version = '']) => ({ name, version }),
  )
  const known = new Set(
    locked
      .filter(([, { dev }]) => !dev)
      .map(([path, { version }]) => `${path.replace(/^.*node_modules\//, '')} ${version}`),
  )
  t.deepEqual(
    named.map(({ name, version }) => `${name} ${version}`).filter((title) => !known.has(title)),
    [],
  )
  t.deepEqual(
    Object.entries(manifest.dependencies).filter(
      ([name, version]) => !named.some((one) => one.name === name && one.version === version),
    ),
    [],
  )
})
