/** Comments cite headings of src/README.md: each citation names one that is there, and each fact a test that holds it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import test from 'ava'
import { documents, ROOT } from '../support/documents.ts'

const PAGE = 'src/README.md'
const page = readFileSync(join(ROOT, PAGE), 'utf8')
/** Where no text of ours stands: what is installed, built, or kept by runs. */
const NOT_OURS = new Set(['node_modules', 'dist', '.terraform', '.rds-provision'])
const FOLDERS = ['src', 'test', 'terraform-module', '.github']
/** Parts whose headings claim something that a test has to hold. */
const HELD = /^(?:Rules|Facts about .+)$/

interface Heading {
  readonly title: string
  /** The part, `##`, that it stands in. */
  readonly part: string
  readonly text: string
}

/** The headings of a page with their own text, those of a part included. */
function headingsIn(text: string): Heading[] {
  let part = ''
  return text
    .split(/^(?=#{2,} )/m)
    .slice(1)
    .map((section) => {
      const [head = ''] = section.split('\n', 1)
      const title = head.replace(/^#+ /, '')
      if (head.startsWith('## ')) part = title
      return { title, part, text: section.slice(head.length) }
    })
}

/** A text without the ends of its lines, and without what begins a line of a comment. */
function joinLines(text: string): string {
  return text.replaceAll(/\s*\n\s*(?:\*(?!\/)|\/\/|#)?\s*/g, ' ')
}

/** What is cited: `(src/README.md: One heading; another heading)`, the last in its parentheses, over ends of lines too. */
function citationsIn(text: string): string[] {
  const found = joinLines(text).matchAll(new RegExp(`${PAGE.replace('.', '\\.')}: ([^)]*)`, 'g'))
  return [...found].flatMap(([, headings = '']) => headings.split(/; ?/).map((heading) => heading.trim()))
}

/** What looks like a citation of the page and is none, since no heading would be looked for. Markdown links are others'. */
function nearMissesIn(text: string): string[] {
  const found = joinLines(text).matchAll(/(?:(?<!\])\(|; )(?:(?:[\w.-]+\/)*README\.md(?: ?[,:#§][^)]*)?)\)/g)
  return [...found].map(([all]) => all).filter((all) => !/^(?:\(|; )src\/README\.md: \S/.test(all))
}

/** Mentions of documents that are not in the repository: by name, or by the number of a part. RFCs have such numbers. */
function foreignIn(text: string): string[] {
  const found = joinLines(text).matchAll(/(?<!\bRFC \d+,? ?)§ ?[\w.]*|\b(?:design|cases)\.md\b|\bshared\/\w+\.md\b/gi)
  return [...found].map(([all]) => all)
}

/**
 * Pages that a text names and that are not there: by their path from the root, or as a link that begins with a dot. Links
 * without one stand in texts for pages elsewhere, and those of Markdown have a test of their own.
 */
function gonePages(path: string, text: string): string[] {
  const named = [...text.matchAll(/(?<![\w./-])(?:src|test|terraform-module|\.github)\/[\w./-]*\w\.md\b/g)].map(
    ([page]) => page,
  )
  const linked = [...text.matchAll(/\]\((\.{1,2}\/[^)\s#]+\.md)\b/g)].map(([, page = '']) => join(dirname(path), page))
  return [...named, ...linked].map((page) => normalize(page)).filter((page) => !existsSync(join(ROOT, page)))
}

/** Paths of all texts below a folder, from the project's root. */
function textsBelow(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true })
    .filter(({ name }) => !NOT_OURS.has(name))
    .flatMap((entry) => {
      const path = join(folder, entry.name)
      if (entry.isDirectory()) return textsBelow(path)
      return /\.(?:ts|mjs|js|tf|hcl|md|yml|json)$/.test(entry.name) && path !== 'test/unit/citations.test.ts'
        ? [path]
        : []
    })
}

const headings = headingsIn(page)
const titles = headings.map(({ title }) => title)
const paths = new Set([...documents(), 'eslint.config.js', ...FOLDERS.flatMap(textsBelow)])
const texts = [...paths].map((path) => ({
  path,
  text: readFileSync(join(ROOT, path), 'utf8'),
}))

test('every citation names a heading that is there', (t) => {
  const cited = texts.flatMap(({ path, text }) => citationsIn(text).map((heading) => ({ path, heading })))
  t.true(cited.length > 100, String(cited.length))
  t.deepEqual(
    cited.filter(({ heading }) => !titles.includes(heading)),
    [],
  )
})

test('nothing cites a document that is not in the repository', (t) => {
  t.deepEqual(
    texts.flatMap(({ path, text }) => foreignIn(text).map((found) => `${path}: ${found}`)),
    [],
  )
})

test('every page that a text names or links is there', (t) => {
  t.deepEqual(
    texts.flatMap(({ path, text }) => gonePages(path, text).map((page) => `${path}: ${page}`)),
    [],
  )
})

test('what is meant as a citation is written as one', (t) => {
  t.deepEqual(
    texts.flatMap(({ path, text }) => nearMissesIn(text).map((found) => `${path}: ${found}`)),
    [],
  )
})

test('no two headings are the same, and none holds what ends a citation', (t) => {
  t.deepEqual(
    titles.filter((title, index) => titles.indexOf(title) !== index || /[();`]/.test(title)),
    [],
  )
})

test('every fact and every rule names tests that are there', (t) => {
  const held = headings.filter(({ title, part }) => HELD.test(part) && title !== part)
  t.true(held.length > 45)
  for (const { title, text } of held) {
    const [, line = ''] = /^Tests: (.+)$/m.exec(text) ?? []
    const tests = [...line.matchAll(/`([^`]+)`/g)].map(([, path = '']) => path)
    t.true(tests.length > 0, title)
    t.deepEqual(
      tests.filter((path) => !/^test\/.*\.test\.ts$/.test(path) || !existsSync(join(ROOT, path))),
      [],
      title,
    )
  }
})

test('every file and folder that the page names is there', (t) => {
  const paths = [...page.matchAll(/`((?:src|test|terraform-module)\/[\w./-]+|README\.md)`/g)].map(
    ([, path = '']) => path,
  )
  t.true(paths.length > 150)
  t.deepEqual(
    paths.filter((path) => !existsSync(join(ROOT, path))),
    [],
  )
})

test('every folder of src has its line in the table of folders', (t) => {
  const [table = ''] = headings.filter(({ title }) => title === 'Folders').map(({ text }) => text)
  const folders = readdirSync(join(ROOT, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory())
  t.deepEqual(
    folders.map(({ name }) => name).filter((name) => !table.includes(`\n| \`${name}\` |`)),
    [],
  )
})

test('these rules see what they forbid', (t) => {
  t.deepEqual(citationsIn(`/** Why (42501; ${PAGE}: One lock\n * for all; Tags). */`), ['One lock for all', 'Tags'])
  t.deepEqual(citationsIn(`// Why (${PAGE}: Names of 63\n  // bytes).`), ['Names of 63 bytes'])
  t.deepEqual(
    headingsIn('# A\n\n## B\n\nb\n\n### C\n\nc\n').map(({ title, part }) => `${part}/${title}`),
    ['B/B', 'B/C'],
  )
  for (const text of [
    '(design.md §5)',
    '../shared/design.md',
    '(§5)',
    '// Design §7: x',
    '/** by design\n * § 5 */',
    'cases.md',
  ])
    t.not(foreignIn(text).length, 0, text)
  for (const text of ['as RFC 5802 §3 says', 'by design', 'the design.', 'usecases.md'])
    t.deepEqual(foreignIn(text), [], text)
  for (const text of [
    'see terraform-module/docs/gone.md',
    '// [x](../nowhere.md)',
    '`test/gone.md`',
    '[x](./gone.md#a)',
  ])
    t.is(gonePages('src/a.ts', text).length, 1, text)
  for (const text of [
    'src/README.md',
    '[x](README.md#the-source)',
    'https://x.example/docs/a.md',
    '[x](https://x.example/a.md)',
  ])
    t.deepEqual(gonePages('src/a.ts', text), [], text)
  const misses = ['src/README.md, X', `${PAGE}:X`, `${PAGE}#x`, 'README.md: X', `../${PAGE}: X`, PAGE, `${PAGE} : X`]
  for (const text of misses) t.is(nearMissesIn(`// Why (${text}).`).length, 1, text)
  t.is(nearMissesIn(`/** Why (42501; README.md:\n * X). */`).length, 1)
  for (const text of [`(${PAGE}: X)`, `(42501; ${PAGE}: X)`, '[page](README.md#x)', 'in the README.md, too (X)'])
    t.deepEqual(nearMissesIn(text), [], text)
})
