/** What is installed is exactly what was locked, and nothing of it runs, or reaches the module, unasked. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import * as v from 'valibot'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const Versions = v.record(v.string(), v.string())
const Manifest = v.object({ dependencies: Versions, devDependencies: Versions, optionalDependencies: Versions })
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
const { packages } = v.parse(Lock, read('package-lock.json'))
const locked = Object.entries(packages)
  .filter(([path]) => path !== '')
  .map(([path, entry]): [string, v.InferOutput<typeof Locked>] => [path, v.parse(Locked, entry)])

test('every version is exact', (t) => {
  const all = Object.entries({
    ...manifest.dependencies,
    ...manifest.devDependencies,
    ...manifest.optionalDependencies,
  })
  t.true(all.length > 20)
  t.deepEqual(
    all.filter(([, version]) => !/^(?:npm:@[\w-]+\/[\w-]+@)?\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version)),
    [],
  )
})

test('the lock is that of package.json, each package with its hash, none from anywhere but the registry', (t) => {
  const root = v.parse(
    v.object({ dependencies: Versions, devDependencies: Versions, optionalDependencies: Versions }),
    packages[''],
  )
  t.deepEqual(root, manifest)
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
