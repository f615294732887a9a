/** The sheet of an access review, and what became of it, in a real browser: on a phone, and on paper. */
import test from 'ava'
import { makeLine } from '../../src/report/review/line.ts'
import { decisionsSection } from '../../src/report/review/decisions-section.ts'
import { paperSection, sheetSection } from '../../src/report/review/sheet.ts'
import { parseSigned } from '../../src/report/review/signed.ts'
import { judge } from '../../src/report/review/states.ts'
import { sectionCsv } from '../../src/report/formats/csv.ts'
import { decide, fromSpreadsheet } from '../support/review.ts'
import { axeFaults, open } from '../support/report-page.ts'
import { sampleReport } from '../unit/report/sample.ts'

const SUBJECT = { environment: 'prod', instance: 'orders-prod', stack: 'orders/prod' }
const LINES = ['analytics_prod_reader', 'keycloak_prod_user', 'team_of_the_warehouse', 'anna'].map((login, index) =>
  makeLine(login, {
    ...SUBJECT,
    database: index % 2 === 0 ? 'analytics_prod_db' : 'keycloak_prod_db',
    database_owner: index % 2 === 0 ? 'analytics' : 'keycloak',
    login,
    application: index % 2 === 0 ? 'analytics_reader' : 'keycloak',
    right: index % 2 === 0 ? 'grants on tables in schema warehouse' : 'owner',
    details: `CONNECT${index % 2 === 0 ? ', TEMP' : ''}; public: read and write rows; warehouse: SELECT on 3 of 5 tables`,
    via: index % 2 === 0 ? 'direct' : 'owner',
    declared: index % 2 === 0 ? 'no' : 'yes',
    logs_in_by: index % 2 === 0 ? 'password' : 'iam',
    tags: index % 2 === 0 ? 'team=payments, cost_center=4711' : 'team=identity',
    valid_until: index % 2 === 0 ? '2027-01-01T00:00:00.000Z' : '',
    granted_by: 'analytics_prod_user',
    remedy: `as analytics_prod_user: ${'SET search_path = pg_catalog, pg_temp; '.repeat(6)}`,
  }),
)
const SHEET = {
  lines: LINES,
  lookedAt: new Date('2026-10-01T08:00:00Z'),
  scope: '',
  lastChange: ({ login }: { readonly login: string }) =>
    login === 'anna' ? null : { at: '2026-09-01T12:00:00.000Z', build: 'github-19283746510-2', actor: 'arn' },
}

function decisions(): ReturnType<typeof decisionsSection> {
  const rows = decide(sectionCsv(sheetSection(SHEET)), (right) => (right.startsWith('a') ? 'revoke' : 'keep'))
  const sheet = parseSigned(fromSpreadsheet(rows), { ...SUBJECT, scope: '' })
  const surroundings = { databases: new Map<string, boolean>(), roles: new Map(), memberships: [] }
  return decisionsSection(sheet, judge(sheet, { lines: LINES, scoped: LINES, surroundings }), 'prod')
}

for (const [name, section] of [
  ['sheet', paperSection(SHEET)],
  ['decisions', decisions()],
] as const) {
  test(`${name}: axe finds no fault, and a phone shows all of it without scrolling sideways`, async (t) => {
    const { page } = await open(t, { report: sampleReport({ server: SUBJECT, sections: [section] }) })
    t.deepEqual(await axeFaults(page, [1280, 390]), [])
    t.is(await page.evaluate('document.documentElement.scrollWidth'), 390)
  })
}

test('the sheet on paper: boxes, and room for a name beside them, within the page', async (t) => {
  const { page } = await open(t, { report: sampleReport({ server: SUBJECT, sections: [paperSection(SHEET)] }) })
  // A4 across, less its margins, at 96 dots an inch.
  await page.setViewportSize({ width: 1031, height: 700 })
  await page.emulateMedia({ media: 'print' })
  t.true(await page.getByText('☐\u00a0keep').first().isVisible())
  const boxes = await page.locator('tbody tr:first-child td').all()
  const edges = await Promise.all(boxes.map((cell) => cell.boundingBox()))
  const last = edges.at(-1)
  t.true((last?.width ?? 0) > 90, `${String(last?.width)} dots for a name`)
  t.true((last?.x ?? 0) + (last?.width ?? 0) <= 1031, 'nothing is cut off')
  t.true((await page.pdf({ format: 'A4', landscape: true })).length > 1000)
})
