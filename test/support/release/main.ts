/** `npm run release`: looks whether this checkout may be released, and prints how. Changes and pushes nothing. */
import { findObstacles, readRelease, tagCommands } from './obstacles.ts'

const folder = process.cwd()
const release = await readRelease(folder)
const obstacles = await findObstacles(folder, release)
if (obstacles.length > 0) {
  console.error(`${release.tag} cannot be released:\n\n${obstacles.join('\n\n')}`)
  process.exitCode = 1
} else {
  console.log(`${release.tag} can be released. Nothing was changed; to tag and publish it:\n`)
  for (const command of tagCommands(release)) console.log(`  ${command}`)
}
