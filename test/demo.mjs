/** `npm run demo`: does all of its own set-up, then shows and checks what the module does; see test/demo. */
import { ensureInstalled } from './support/install.mjs'

try {
  ensureInstalled()
  const { register } = await import('tsx/esm/api')
  register()
  await import('./demo/main.ts')
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
