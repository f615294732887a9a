/** `npm run docs`: writes what is generated from the sources. */
import { writeFileSync } from 'node:fs'
import { troubleshootingPage } from './page.ts'

writeFileSync(new URL('../../../terraform-module/TROUBLESHOOTING.md', import.meta.url), troubleshootingPage())
