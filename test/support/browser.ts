/** The browser of the tests of the report's page. */
import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

/** Debian's package, Google's, and what BROWSER_PATH names. */
const PROGRAMS = [
  process.env['BROWSER_PATH'] ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
]

export async function launchBrowser(): Promise<Browser> {
  const executablePath = PROGRAMS.find((program) => program !== '' && existsSync(program))
  if (executablePath === undefined)
    throw new Error('There is no Chromium: apt-get install chromium, or name one in BROWSER_PATH.')
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] })
}
