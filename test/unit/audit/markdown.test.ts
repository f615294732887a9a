import test from 'ava'

import { markdownName, markdownTable, markdownText } from '../../../src/audit/markdown.ts'

test('plain names stay as they are', (t) => {
  for (const name of ['keycloak_dev_user', 'my-app', '2026-03-01', 'arn:aws:sts::1:x/y', 'b1'])
    t.is(markdownName(name), name)
})

test('what Markdown would act on is shown instead', (t) => {
  const expected = {
    __0__: '\\_\\_0\\_\\_',
    _a: '\\_a',
    'a|b': 'a\\|b',
    '\\|': '\\\\\\|',
    '<b>&amp;': '\\<b\\>\\&amp;',
    '`x`': '\\`x\\`',
    '*x*': '\\*x\\*',
    '[x](y)': '\\[x\\](y)',
    $x$: '\\$x\\$',
    'a\nb': 'a\\\\u{a}b',
  }
  for (const [name, text] of Object.entries(expected)) t.is(markdownName(name), text)
})

test('names keep what tells them apart, sentences become one line', (t) => {
  t.not(markdownName('a\nb'), markdownName('a b'))
  t.is(markdownText(' two\r\n  lines\t'), 'two lines')
})

test('a table', (t) => {
  t.is(markdownTable(['A', 'B'], [['1', '2']]), '| A | B |\n| --- | --- |\n| 1 | 2 |')
})
