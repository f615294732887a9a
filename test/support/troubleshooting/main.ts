/** `npm run docs`: writes what is generated from the sources. */
import { readFileSync, writeFileSync } from 'node:fs'
import { withCommands } from '../commands.ts'
import { troubleshootingPage } from './page.ts'

writeFileSync(new URL('../../../terraform-module/TROUBLESHOOTING.md', import.meta.url), troubleshootingPage())

const guide = new URL('../../../terraform-module/docs/command-line.md', import.meta.url)
writeFileSync(guide, withCommands(readFileSync(guide, 'utf8')))
