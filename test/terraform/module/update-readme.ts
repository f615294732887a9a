/** `npx tsx test/terraform/module/update-readme.ts` writes the tables of the module's README anew. */
import { readFile, writeFile } from 'node:fs/promises'
import { currentReadme, README } from './reference.ts'

await writeFile(README, await currentReadme(await readFile(README, 'utf8')))
