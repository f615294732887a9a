/** How the HTML page looks in a real browser: wide and narrow, light and dark, on paper, to a screen reader. */
import test from 'ava'
import type { Report, Section } from '../../src/report/report.ts'
import { accessHistorySection } from '../../src/report/sections/access-history.ts'
import { historySection } from '../../src/report/sections/history.ts'
import { runsSection } from '../../src/report/sections/runs.ts'
import { axeFaults, BACKGROUND, open } from '../support/report-page.ts'
import { auditRecord, auditRun, EVERYTHING, sampleReport } from '../unit/report/sample.ts'

for (const colorScheme of ['light', 'dark'] as const) {
  test(`axe finds no fault, ${colorScheme}, wide and narrow`, async (t) => {
    const { page } = await open(t, { colorScheme })
    t.deepEqual(await axeFaults(page, [1280, 390]), [])
    t.is(await page.evaluate(BACKGROUND), colorScheme === 'dark' ? 'rgb(20, 23, 26)' : 'rgb(255, 255, 255)')
  })
}

test('on paper there are the tables and neither filters nor links', async (t) => {
  const { page } = await open(t, { colorScheme: 'dark' })
  await page.emulateMedia({ media: 'print' })
  t.false(await page.locator('#filters').isVisible())
  t.false(await page.locator('nav').isVisible())
  t.true(await page.locator('#history table').isVisible())
  t.is(await page.evaluate(BACKGROUND), 'rgb(255, 255, 255)')
  t.true((await page.pdf({ format: 'A4' })).length > 1000)
})

/** Sections as runs leave them, with ids and callers of usual length. */
function wideReport(): Report {
  const run = auditRun({
    run_id: '0b0e7a52-3f6c-4f0e-9b1c-7a9d1c1f2e3d',
    build_id: 'github-19283746510-2',
    actor: { arn: 'arn:aws:sts::123456789012:assumed-role/deployer-of-the-platform/github-actions-4711', account: '1' },
  })
  const entries = ['2026-10-01', '2026-10-02', '2026-10-03'].map((day, line) => ({
    file: 'audit.jsonl',
    line,
    run: { ...run, run_id: `${String(line)}${run.run_id}`, started_at: `${day}T12:00:00.000Z` },
    records: ['shop', 'analytics'].map((application) =>
      auditRecord({
        application,
        run_id: run.run_id,
        build_id: `${run.build_id}${String(line)}`,
        at: `${day}T12:00:01.000Z`,
        message: `role ${application}_dev_user (owner): connection limit 20 -> 30, statement_timeout 30s`,
      }),
    ),
  }))
  const sections = [accessHistorySection, runsSection, historySection].map((make) => make(entries, EVERYTHING))
  return sampleReport({ sections })
}

/** Sections whose table is wider than its place. */
const OVERFLOWING =
  "[...document.querySelectorAll('.table')].filter((table) => table.scrollWidth > table.clientWidth).map((table) => table.parentElement.id)"

test('1280 pixels show every column; narrow screens show rows as cards, each value by its title', async (t) => {
  const { page } = await open(t, { report: wideReport() })
  await page.setViewportSize({ width: 1280, height: 800 })
  t.deepEqual(await page.evaluate(OVERFLOWING), [])
  t.true(await page.locator('#history th').first().isVisible())
  for (const width of [768, 390]) {
    await page.setViewportSize({ width, height: 800 })
    t.deepEqual(await page.evaluate(OVERFLOWING), [], String(width))
    t.true(await page.evaluate('document.documentElement.scrollWidth <= window.innerWidth'), String(width))
    const title = 'getComputedStyle(document.querySelector("#history tbody td"), "::before").content'
    t.is(await page.evaluate(title), '"When"')
  }
  const [first, second] = await Promise.all(
    [0, 1].map(
      async (index) => (await page.locator('#history tbody tr').nth(0).locator('td').nth(index).boundingBox())?.y,
    ),
  )
  t.true((first ?? 0) < (second ?? 0), 'values stand one below the other')
})

test('the head says what it is of, and what wants attention; a long id opens to all of it', async (t) => {
  const columns = [{ key: 'run_id', title: 'Run' }]
  const id = '0b0e7a52-3f6c-4f0e-9b1c-7a9d1c1f2e3d'
  const section: Section = {
    id: 'drift',
    title: 'Drift',
    about: '',
    columns,
    rows: [{ cells: [id] }],
    attention: 'one thing',
  }
  const { page } = await open(t, { report: sampleReport({ sections: [section] }) })
  t.is(await page.locator('.server').innerText(), 'Environment\ndev\nInstance\ndb-1\nStack\nshop/dev')
  t.is(await page.locator('.verdict').innerText(), '1 point to look at: one thing.')
  t.is(await page.locator('.scope').innerText(), 'now, on db-1')
  t.false(await page.getByText(id).isVisible())
  await page.locator('summary', { hasText: '0b0e7a52' }).click()
  t.true(await page.getByText(id).isVisible())
})

test('a narrow screen never scrolls sideways, whatever is opened', async (t) => {
  const { page } = await open(t, { report: sampleReport({ sources: ['x'.repeat(200)], wrong: ['y'.repeat(200)] }) })
  await page.setViewportSize({ width: 360, height: 700 })
  await page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true })")
  t.true(await page.evaluate('document.documentElement.scrollWidth <= window.innerWidth'))
})
