/** The report's page in a browser, for the tests of it. */
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import test, { type ExecutionContext } from 'ava'
import type { Browser, Page } from 'playwright-core'
import { reportHtml } from '../../src/report/formats/html.ts'
import type { Report } from '../../src/report/report.ts'
import { launchBrowser } from './browser.ts'
import { sampleReport } from '../unit/report/sample.ts'

let browser: Browser | null = null

test.before('start the browser', async () => {
  browser = await launchBrowser()
})

test.after.always(async () => browser?.close())

export const BACKGROUND = 'getComputedStyle(document.body).backgroundColor'

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

/** What axe finds at each of these widths, `<width> <rule>: <html>`. */
export async function axeFaults(page: Page, widths: readonly number[]): Promise<string[]> {
  // The page's own policy forbids other scripts, so axe comes past it, as a debugger does.
  await page.evaluate(await readFile(AXE, 'utf8'))
  const faults: string[] = []
  for (const width of widths) {
    await page.setViewportSize({ width, height: 800 })
    const found: unknown = await page.evaluate(
      'axe.run().then(({ violations }) => violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`))',
    )
    if (!Array.isArray(found)) throw new Error('axe did not answer')
    faults.push(...found.map((fault) => `${String(width)} ${String(fault)}`))
  }
  return faults
}

export interface Visit {
  readonly page: Page
  readonly requests: readonly string[]
  readonly complaints: readonly string[]
}

/** A page of its own, with everything that it asked for and complained of. */
export async function open(
  t: ExecutionContext,
  { report = sampleReport(), ...options }: { readonly colorScheme?: 'light' | 'dark'; readonly report?: Report } = {},
): Promise<Visit> {
  if (browser === null) throw new Error('the browser did not start')
  const context = await browser.newContext({ viewport: { width: 1200, height: 800 }, ...options })
  t.teardown(() => context.close())
  const page = await context.newPage()
  const requests: string[] = []
  const complaints: string[] = []
  page.on('request', (request) => requests.push(request.url()))
  page.on('console', (message) => complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('dialog', (dialog) => {
    complaints.push(dialog.message())
    void dialog.dismiss()
  })
  await page.setContent(reportHtml(report))
  return { page, requests, complaints }
}
