/** Compiles the library into what its npm package ships: one JavaScript file, and the types of what it exports. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import ts from 'typescript'
import * as v from 'valibot'
import { parseSource } from '../sources.ts'
import type { Artefacts } from './bundle.ts'

const ENTRY = 'src/index.ts'

/**
 * Builds in memory: `index.js`, `index.d.ts`, and the declarations that it needs in turn, as they lie below src.
 * @param root folder with package.json, tsconfig.json, src and node_modules
 * @throws Error with the compiler's messages
 */
export async function compileLibrary(root: string): Promise<Artefacts> {
  return new Map([['index.js', await compileScript(root)], ...declarations(root)])
}

/** Packages stay imports: npm installs them beside it. */
async function compileScript(root: string): Promise<string> {
  const { version } = v.parse(
    v.object({ version: v.string() }),
    JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')),
  )
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [ENTRY],
    outfile: 'index.js',
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    define: { __TOOL_VERSION__: JSON.stringify(version) },
    write: false,
    logLevel: 'silent',
  })
  return outputFiles.map(({ text }) => text).join('')
}

function declarations(root: string): Artefacts {
  const emitted = emitDeclarations(root)
  const needed = new Map<string, string>()
  const visit = (name: string): void => {
    const text = emitted.get(name)
    if (text === undefined) throw new Error(`The compiler emitted no ${name}.`)
    if (needed.has(name)) return
    needed.set(name, text)
    for (const { target, local } of parseSource(name, text).imports) if (local) visit(target.replace(/\.js$/, '.d.ts'))
  }
  visit('index.d.ts')
  return needed
}

/** Of all of src, by path below it. Imports name the JavaScript, as any reader of declarations knows it. */
function emitDeclarations(root: string): Artefacts {
  const config = ts.getParsedCommandLineOfConfigFile(
    join(root, 'tsconfig.json'),
    { noEmit: false, declaration: true, emitDeclarationOnly: true, outDir: 'lib' },
    { ...ts.sys, onUnRecoverableConfigFileDiagnostic: refuse },
  )
  if (config === undefined) throw new Error(`${root}/tsconfig.json cannot be read.`)
  const src = `${join(root, 'src')}/`
  const rootNames = config.fileNames.filter((name) => name.startsWith(src))
  const program = ts.createProgram({ rootNames, options: config.options })
  const emitted = new Map<string, string>()
  const { diagnostics } = program.emit(undefined, (_, text, __, ___, [source] = []) => {
    if (source?.fileName.startsWith(src) === true)
      emitted.set(source.fileName.slice(src.length).replace(/\.ts$/, '.d.ts'), withJavaScript(text))
  })
  for (const diagnostic of [...ts.getPreEmitDiagnostics(program), ...diagnostics]) refuse(diagnostic)
  return emitted
}

function withJavaScript(text: string): string {
  return text.replaceAll(/((?:from |import\()['"]\.[^'"]*)\.ts(?=['"])/g, '$1.js')
}

function refuse({ messageText, file }: ts.Diagnostic): never {
  throw new Error(`${file?.fileName ?? 'tsconfig.json'}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`)
}
