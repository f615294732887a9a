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

/**
 * CommonJS parts (pg) call `require`, which an ES module does not have. Before anything else is run, a Node.js that is
 * too old is told so: packages give up with a stack each, or fail later on a function that is not there. The file must
 * be one that such a Node.js can parse (`OLDER_SYNTAX`). Written by writeSync, since the process ends at once.
 */
function banner(least: string): string {
  const [major = '', minor = ''] = least.split('.')
  return `#!/usr/bin/env node
import { createRequire as __createRequire } from 'node:module'
const require = __createRequire(import.meta.url)
{
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major < ${major} || (major === ${major} && minor < ${minor})) {
    const told = 'rds-provision needs Node.js ${least} or newer, and this is ' + process.versions.node + ' (' + process.execPath + '). '
    require('fs').writeSync(2, told + 'Install a newer one on the runner, or name it in node_command. Nothing was read or changed.\\n')
    process.exit(3)
  }
}`
}

/** Syntax that Node.js 14 does not know, written as it knows it: nothing of a file runs that cannot be parsed. */
const OLDER_SYNTAX = { 'logical-assignment': false } as const

/** Of package.json: the version of the program, and the oldest Node.js that it runs on, as `>=20.19.0`. */
const Manifest = v.object({
  version: v.string(),
  engines: v.object({
    node: v.pipe(
      v.string(),
      v.regex(/^>=\d+\.\d+\.0$/),
      v.transform((range) => range.slice(2, -2)),
    ),
  }),
})

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
 * `debug` prints what its users tell it where the variable DEBUG says so, as `DEBUG=*` in CI: a proxy's address with its
 * password. Nobody of ours reads that, so it is left out.
 */
const silentDebug: Plugin = {
  name: 'silent-debug',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^debug$/ }, ({ path }) => ({ path, namespace: 'silent' }))
    onLoad({ filter: /.*/, namespace: 'silent' }, () => ({
      contents: 'module.exports = () => Object.assign(() => {}, { enabled: false })',
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
  supported: OLDER_SYNTAX,
  plugins: [lazyBuiltins, silentDebug],
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
  const { version, engines } = v.parse(Manifest, JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')))
  const define = { __TOOL_VERSION__: JSON.stringify(version) }
  const { outputFiles, metafile } = await build({
    ...OPTIONS,
    absWorkingDir: root,
    entryPoints: [entry],
    outfile: SCRIPT,
    banner: { js: banner(engines.node) },
    define,
  })
  const script = outputFiles.map(({ text }) => text).join('')
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.keys(output.inputs))
  return new Map([
    [SCRIPT, script],
    [LICENCES, thirdPartyLicences(root, inputs)],
  ])
}
