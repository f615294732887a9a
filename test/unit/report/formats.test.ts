import { createHash } from 'node:crypto'
import { parse } from 'csv-parse/sync'
import test from 'ava'
import { visible } from '../../../src/audit/one-line.ts'
import { renderReport } from '../../../src/report/render.ts'
import { HOSTILE, sampleReport } from './sample.ts'

test('text: one line a row, columns that say nothing left out, nothing that moves a cursor', (t) => {
  const text = renderReport(sampleReport(), 'text', [])
  t.true(
    text.includes(
      'HISTORY\n3 events, the earliest first.\n\nApplication  Status   What\nshop         created  role shop_dev_user (owner)\n',
    ),
  )
  t.true(text.includes('DRIFT\nThe server is as declared.\n'))
  t.notRegex(text, /[\u001b\u202e]/)
})

test('text: what is the same in all rows is told once', (t) => {
  const columns = [
    { key: 'a', title: 'A' },
    { key: 'b', title: 'B' },
  ]
  const text = renderReport(
    sampleReport({
      sections: [
        {
          id: 'history',
          title: 'T',
          about: 'x',
          columns,
          rows: ['1', '2', '3'].map((cell) => ({ cells: ['same', cell] })),
        },
      ],
    }),
    'text',
    [],
  )
  t.true(text.includes('In all rows: A same.\n\nB\n1\n2\n3\n'))
})

test('csv: one section, RFC 4180, no formula', (t) => {
  const rows: string[][] = parse(renderReport(sampleReport(), 'csv', ['history']))
  t.deepEqual(rows[0], ['application', 'status', 'what'])
  t.is(rows[2]?.[2], `'${visible(HOSTILE)}`)
  t.is(rows[3]?.[2], '')
})

test('json: rows by section and key, with SQL where there is some', (t) => {
  const { sections, format_version: version } = JSON.parse(renderReport(sampleReport(), 'json', [])) as {
    sections: Record<string, object[]>
    format_version: number
  }
  t.is(version, 1)
  t.deepEqual(sections['history']?.[0], {
    application: 'shop',
    status: 'created',
    what: 'role shop_dev_user (owner)',
    details: ['CREATE ROLE "shop_dev_user"'],
  })
  t.deepEqual(sections['drift'], [])
})

test('markdown: nothing in a cell is obeyed', (t) => {
  const text = renderReport(sampleReport(), 'markdown', [])
  t.notRegex(text, /(?<!\\)<img/)
  t.true(text.includes('| shop | created | role shop_dev_user (owner) |'))
})

test('html: nothing in a value is obeyed, and the policy allows this style and script alone', (t) => {
  const html = renderReport(sampleReport(), 'html', [])
  t.is(html.split('<img').length, 1)
  t.is(html.split('</script>').length, 2)
  for (const tag of ['style', 'script']) {
    const inline = new RegExp(`<${tag}>([^]*?)</${tag}>`).exec(html)?.[1] ?? ''
    t.true(html.includes(`${tag}-src &#39;sha256-${createHash('sha256').update(inline).digest('base64')}&#39;`), tag)
  }
  t.notRegex(html, /(?:src|href)="(?!#)/)
})

test('what is wrong is told in every readable form', (t) => {
  const report = sampleReport({ wrong: ['2 roles or databases are not traceable to a build.'] })
  for (const format of ['text', 'markdown', 'json', 'html'] as const)
    t.true(renderReport(report, format, []).includes('2 roles or databases are not traceable to a build.'), format)
})
