/** The troubleshooting page is complete and current: whatever the program can say stands in it by its code. */
import { readFile } from 'node:fs/promises'
import test from 'ava'
import { EXIT } from '../../../src/errors.ts'
import { isGuardrail } from '../../../src/model/problem.ts'
import { sourcesOf } from '../../support/documents.ts'
import { GROUPS, MEANINGS } from '../../support/troubleshooting/catalogue.ts'
import { troubleshootingPage } from '../../support/troubleshooting/page.ts'

const codes = Object.entries(MEANINGS)
const sources = sourcesOf('src')
/** Without what differs: placeholders, quotes and line ends of the sources. */
const said = plain(sources)

function plain(text: string): string {
  return text.replaceAll(/\$\{[^}]*\}/g, '…').replaceAll(/\\?["']/g, '')
}

test('every code is raised somewhere', (t) => {
  const raised = (code: string): number => sources.split(`'${code}'`).length - 1
  // Once where the union names it, unless it is a guardrail, whose table has it without quotes.
  t.deepEqual(
    codes.map(([code]) => code).filter((code) => raised(code) < (isGuardrail(code) ? 1 : 2)),
    [],
  )
})

test('it says what the page says', (t) => {
  for (const [code, { says }] of codes) {
    const parts = says.flatMap((text) => plain(text).split('…')).map((part) => part.trim())
    for (const part of parts.filter((text) => text.length > 3)) t.true(said.includes(part), `${code}: ${part}`)
  }
})

test('every group is on the page once, guardrails block, and what is wrong with the input does not', (t) => {
  t.deepEqual(GROUPS.flatMap(([, group]) => Object.keys(group)).sort(), codes.map(([code]) => code).sort())
  for (const [code, { exit }] of codes) {
    const blocks = isGuardrail(code) || ['opened_during_snapshot', 'left_during_snapshot'].includes(code)
    t.is(exit === EXIT.blocked, blocks, code)
  }
})

test('the page is what the sources give (npm run docs)', async (t) => {
  t.is(
    await readFile(new URL('../../../terraform-module/TROUBLESHOOTING.md', import.meta.url), 'utf8'),
    troubleshootingPage(),
  )
})
