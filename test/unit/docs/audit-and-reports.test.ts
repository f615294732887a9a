/** The page of audit and reports: statuses, tags, sections and fields. */
import test from 'ava'
import * as v from 'valibot'
import { LIVE_SECTIONS, REPORT_SECTIONS } from '../../../src/input/report-options.ts'
import { STATUSES } from '../../../src/model/audit.ts'
import { TAG_FIELDS } from '../../../src/model/tag.ts'
import { reportJson } from '../../../src/report/formats/json.ts'
import { sampleReport } from '../report/sample.ts'
import { codesIn, fieldsUnder, guide, readDocument, sorted, tableUnder } from '../../support/documents.ts'

const page = readDocument(guide('audit-and-reports'))

test('statuses of the audit and fields of a tag', (t) => {
  t.deepEqual(
    sorted(
      tableUnder(page, 'The audit')
        .slice(1)
        .flatMap(([status = '']) => codesIn(status)),
    ),
    [...STATUSES].sort(),
  )
  const tags = /in their comment: (.*?)\./.exec(page)?.[1] ?? ''
  t.deepEqual(sorted([...codesIn(tags), 'UpdatedByBuildId']), sorted([...TAG_FIELDS, 'tags']))
})

test('sections of a report, and which need the server', (t) => {
  const rows = tableUnder(page, 'Reports').slice(1)
  t.deepEqual(
    rows.map(([section = '']) => codesIn(section).join()),
    [...REPORT_SECTIONS],
  )
  t.deepEqual(
    rows.filter(([, , live]) => live === 'yes').map(([section = '']) => codesIn(section).join()),
    REPORT_SECTIONS.filter((section) => LIVE_SECTIONS.has(section)),
  )
})

test('fields of a report as JSON', (t) => {
  const members = v.parse(v.record(v.string(), v.unknown()), JSON.parse(reportJson(sampleReport())))
  t.deepEqual(fieldsUnder(page, 'The report as JSON'), Object.keys(members))
})
