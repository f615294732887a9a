/** `npm run build` writes terraform-module/dist; `npm run build:check` fails when what is there is not what the sources give. */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Artefacts, bundle, SCRIPT } from './bundle.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const DIST = join(ROOT, 'terraform-module', 'dist')

function write(artefacts: Artefacts): void {
  mkdirSync(DIST, { recursive: true })
  for (const [name, content] of artefacts) writeFileSync(join(DIST, name), content)
  chmodSync(join(DIST, SCRIPT), 0o755)
}

function isCurrent(name: string, content: string): boolean {
  try {
    return readFileSync(join(DIST, name), 'utf8') === content
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false
    throw error
  }
}

async function main(mode: string | undefined): Promise<void> {
  const artefacts = await bundle(ROOT)
  if (mode !== '--check') {
    write(artefacts)
    return
  }
  const stale = [...artefacts].filter(([name, content]) => !isCurrent(name, content)).map(([name]) => name)
  if (stale.length === 0) return
  console.error(
    `terraform-module/dist is not what the sources give (${stale.join(', ')}). Run \`npm run build\` and commit the folder.`,
  )
  process.exitCode = 1
}

await main(process.argv[2])
