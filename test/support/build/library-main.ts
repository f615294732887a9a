/** `npm run build:library`, which `npm pack` runs: writes lib, the library as JavaScript with its types. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compileLibrary } from './library.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const LIB = join(ROOT, 'lib')

const artefacts = await compileLibrary(ROOT)
rmSync(LIB, { recursive: true, force: true })
for (const [name, content] of artefacts) {
  mkdirSync(dirname(join(LIB, name)), { recursive: true })
  writeFileSync(join(LIB, name), content)
}
