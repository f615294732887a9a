/** `npm run docs`: writes what is generated from the sources. */
import { readFileSync, writeFileSync } from 'node:fs'
import { withCommands } from '../commands.ts'
import { withGuardrails } from './guardrails.ts'
import { troubleshootingPage } from './page.ts'

writeFileSync(new URL('../../../terraform-module/TROUBLESHOOTING.md', import.meta.url), troubleshootingPage())

for (const [name, remade] of [
  ['command-line', withCommands],
  ['guardrails', withGuardrails],
] as const) {
  const guide = new URL(`../../../terraform-module/docs/${name}.md`, import.meta.url)
  writeFileSync(guide, remade(readFileSync(guide, 'utf8')))
}
