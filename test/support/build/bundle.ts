/** Bundles the script into the one file that the Terraform module ships. */
import { readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { join } from 'node:path'
import { build, type BuildOptions, type Plugin } from 'esbuild'
import * as v from 'valibot'
import { thirdPartyLicences } from './licences.ts'

/** What `npm run build` writes: file names below terraform-module/dist, with their content. */
export type Artefacts = ReadonlyMap<string, string>

export const SCRIPT = 'rds-provision.mjs'
export const LICENCES = 'THIRD_PARTY_LICENSES.txt'

/** CommonJS parts (pg) call `require`, which an ES module does not have. */
const BANNER = `#!/usr/bin/env node
import { createRequire as __createRequire } from 'node:module'
const require = __createRequire(import.meta.url)`

const BUILTINS: ReadonlySet<string> = new Set(builtinModules)

/**
 * Node's own modules are loaded when the module that imports them is first run. As plain ES imports they would all be
 * hoisted to the top of the one file, so that `--help` would load http2, tls and the like for the AWS SDK's sake.
 */
const lazyBuiltins: Plugin = {
  name: 'lazy-builtins',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(node:)?[a-z0-9_/]+$/ }, ({ path, namespace }) => {
      const name = path.replace(/^node:/, '')
      if (!BUILTINS.has(name)) return null
      return namespace === 'builtin' ? { path: `node:${name}`, external: true } : { path: name, namespace: 'builtin' }
    })
    onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = require('node:${path}')`,
    }))
  },
}

/**
 * Without code splitting esbuild turns `import()` of a source file into a function that runs the module on first use: what
 * the sources load lazily stays lazy. Names are kept, and lines short, so that stack traces and diffs can be read.
 */
const OPTIONS = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  mainFields: ['module', 'main'],
  banner: { js: BANNER },
  plugins: [lazyBuiltins],
  minifySyntax: true,
  minifyWhitespace: true,
  lineLimit: 160,
  legalComments: 'none',
  preserveSymlinks: true,
  metafile: true,
  write: false,
  logLevel: 'silent',
} as const satisfies BuildOptions

/**
 * Builds in memory; the same sources and packages give the same bytes on every machine and in every folder.
 * @param root folder with package.json and node_modules
 * @param entry the program's main file, relative to `root`
 * @throws Error with esbuild's messages, or naming the packages whose licence stands in the way
 */
export async function bundle(root: string, entry = 'src/main.ts'): Promise<Artefacts> {
  const { version } = v.parse(
    v.object({ version: v.string() }),
    JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')),
  )
  const define = { __TOOL_VERSION__: JSON.stringify(version) }
  const { outputFiles, metafile } = await build({
    ...OPTIONS,
    absWorkingDir: root,
    entryPoints: [entry],
    outfile: SCRIPT,
    define,
  })
  const script = outputFiles.map(({ text }) => text).join('')
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.keys(output.inputs))
  return new Map([
    [SCRIPT, script],
    [LICENCES, thirdPartyLicences(root, inputs)],
  ])
}
