/** The HTML page in a real browser: what runs in it, search, filters, keyboard. */
import test from 'ava'
import type { ReportRow, Section } from '../../src/report/report.ts'
import { open } from '../support/report-page.ts'
import { HOSTILE, sampleReport } from '../unit/report/sample.ts'

const VISIBLE_ROWS = 'tbody tr:not(.hidden)'

test('it asks for nothing, complains of nothing, and runs nothing that stands in a value', async (t) => {
  const { page, requests, complaints } = await open(t)
  t.is(await page.locator('img').count(), 0)
  t.true((await page.locator('#history').innerText()).includes('</script><img src=x onerror=alert(1)>'))
  t.false((await page.content()).includes('\u202e'))
  t.true(HOSTILE.includes('\u202e'))
  t.deepEqual(
    requests.filter((url) => !url.startsWith('about:')),
    [],
  )
  t.deepEqual(complaints, [])
})

test('search and filters hide rows and runs, and say how many are left', async (t) => {
  const { page } = await open(t)
  t.is(await page.locator(VISIBLE_ROWS).count(), 5)
  await page.getByLabel('Search').fill('SHOP_dev owner')
  t.is(await page.locator(VISIBLE_ROWS).count(), 1)
  t.is(await page.getByRole('status').innerText(), '1 of 5 rows')
  await page.getByRole('button', { name: 'Show all' }).click()
  await page.locator(VISIBLE_ROWS).nth(4).waitFor()
  await page.getByLabel('Environment').selectOption('prod')
  const builds = await Promise.all(
    (await page.locator(VISIBLE_ROWS).all()).map((row) => row.getAttribute('data-build')),
  )
  t.deepEqual(builds, ['build-2', 'build-2'])
  t.is(await page.locator('.timeline ul li:not(.hidden)').count(), 1)
  await page.getByLabel('Application').selectOption('blog')
  // A run is about no application in particular: it stays.
  t.is(await page.locator(VISIBLE_ROWS).count(), 1)
  await page.getByLabel('Environment').selectOption('')
  await page.getByLabel('Build').selectOption('build-1')
  t.is(await page.locator('#history tbody tr:not(.hidden)').count(), 0)
})

test('a section without a match says so, and the counts beside the links follow', async (t) => {
  const { page } = await open(t)
  const counts = (): Promise<string[]> => page.locator('nav .count').allInnerTexts()
  t.deepEqual(await counts(), ['3', '0', '2'])
  await page.getByLabel('Application').selectOption('blog')
  await page.getByLabel('Search').fill('calc')
  t.deepEqual(await counts(), ['1', '0', '0'])
  t.false(await page.locator('#runs .table').isVisible())
  t.is(await page.locator('#runs .nothing').innerText(), 'Nothing here matches the filters.')
  t.false(await page.locator('#history .nothing').isVisible())
})

test('what is told once for all rows is found in each', async (t) => {
  const { page } = await open(t, { report: sampleReport({ sections: [accessSample()] }) })
  t.regex(await page.locator('#access .shared').innerText(), /^In all rows: Database shop_dev_db\./)
  await page.getByLabel('Search').fill('shop_dev_db two')
  t.is(await page.locator(VISIBLE_ROWS).count(), 1)
})

test('filters stay in sight while the page scrolls', async (t) => {
  const rows = Array.from({ length: 200 }, (_, index) => ({ cells: ['shop_dev_db', `login ${String(index)}`] }))
  const { page } = await open(t, { report: sampleReport({ sections: [accessSample(rows)] }) })
  await page.evaluate('window.scrollTo(0, 3000)')
  t.is((await page.locator('#filters').boundingBox())?.y, 0)
  await page.setViewportSize({ width: 380, height: 700 })
  t.true(((await page.locator('#filters').boundingBox())?.y ?? 0) < 0, 'on a narrow screen they would cover the tables')
})

test('a run tells its outcome by sign and word, and its error below, folded where it is long', async (t) => {
  const columns = [
    { key: 'started_at', title: 'Started' },
    { key: 'outcome', title: 'Outcome' },
    { key: 'error', title: 'Error' },
  ]
  const rows = [
    {
      cells: ['2026-11-02T09:00:00.000Z', 'failed', 'shop: first\nblog: second'],
      environment: 'dev',
      build: '1',
      mark: 'failed',
    },
    { cells: ['2026-11-01T09:00:00.000Z', 'no_change', null], environment: 'dev', build: '1', mark: 'no_change' },
  ]
  const { page } = await open(t, {
    report: sampleReport({ sections: [{ id: 'runs', title: 'Runs', about: '', columns, rows }] }),
  })
  t.deepEqual(await page.locator('.timeline li li > [aria-hidden]').allInnerTexts(), ['=', '×'])
  t.is(await page.locator('.legend').innerText(), '= no change × failed')
  t.deepEqual(await page.locator('th').allInnerTexts(), ['Started', 'Outcome'])
  const second = page.getByText('blog: second')
  t.false(await second.isVisible())
  await page.evaluate("dispatchEvent(new Event('beforeprint'))")
  t.true(await second.isVisible(), 'on paper there is nothing to open')
  await page.evaluate("dispatchEvent(new Event('afterprint'))")
  t.false(await second.isVisible())
})

/** Logins of one database: a column that says the same in all rows. */
function accessSample(
  rows: readonly ReportRow[] = ['one', 'two', 'three'].map((login) => ({ cells: ['shop_dev_db', login] })),
): Section {
  return {
    id: 'access',
    title: 'Access now',
    about: '',
    columns: [
      { key: 'database', title: 'Database' },
      { key: 'username', title: 'Login' },
    ],
    rows,
  }
}

test('the keyboard reaches everything, in order', async (t) => {
  const { page } = await open(t)
  const names: unknown[] = []
  for (let presses = 0; presses < 12; presses += 1) {
    await page.keyboard.press('Tab')
    names.push(
      await page.evaluate(
        "document.activeElement.getAttribute('name') ?? document.activeElement.textContent.trim().slice(0, 20)",
      ),
    )
  }
  t.deepEqual(names.slice(0, 10), [
    'Skip to the content',
    'Sources: 1',
    'History',
    'Drift',
    'Runs',
    'text',
    'environment',
    'application',
    'build',
    'Show all',
  ])
  await page.locator('summary', { hasText: 'SQL' }).focus()
  await page.keyboard.press('Enter')
  t.true(await page.locator('pre').isVisible())
})
