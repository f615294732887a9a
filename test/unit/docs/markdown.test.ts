/** All Markdown of the project says what the sources say, wherever a program can tell. */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import test from 'ava'
import * as v from 'valibot'
import { parseOptions } from '../../../src/input/options.ts'
import { anchorsIn, codeBlocks, documents, linksIn, readDocument, ROOT } from '../../support/documents.ts'

const pages = documents().map((path) => ({ path, text: readDocument(path) }))
const blocks = pages.flatMap(({ path, text }) => codeBlocks(text).map((block) => ({ ...block, path })))
const Manifest = v.object({ scripts: v.record(v.string(), v.string()) })
const { scripts } = v.parse(Manifest, JSON.parse(readDocument('package.json')))

test('the README, the guides and the pages of the module are among them', (t) => {
  const paths = pages.map(({ path }) => path)
  for (const path of ['README.md', 'terraform-module/README.md', 'terraform-module/TROUBLESHOOTING.md'])
    t.true(paths.includes(path), path)
  t.true(paths.filter((path) => path.startsWith('terraform-module/docs/')).length >= 15)
  t.false(paths.some((path) => path.includes('node_modules')))
})

test('code that is taken from a file stands there word for word', (t) => {
  const taken = blocks.filter(({ file }) => file !== null)
  t.true(taken.length >= 5)
  t.deepEqual(
    blocks.filter(({ language, file }) => ['hcl', 'ts', 'rego'].includes(language) && file === null),
    [],
  )
  for (const { file, text, path } of taken)
    t.true(text !== '' && readDocument(file ?? '').includes(text), `${path}: ${file ?? ''}`)
})

/** The links of a page that lead nowhere. */
function brokenLinks(path: string, text: string): string[] {
  const isBroken = (link: string): boolean => {
    const [target = '', anchor] = link.split('#')
    const file = target === '' ? path : join(dirname(path), target)
    if (!existsSync(join(ROOT, file))) return true
    return anchor !== undefined && !anchorsIn(readDocument(file)).includes(anchor)
  }
  return linksIn(text).filter((link) => !link.includes('://') && isBroken(link))
}

test('links lead somewhere', (t) => {
  t.true(pages.flatMap(({ text }) => linksIn(text)).length > 50)
  t.deepEqual(
    pages.flatMap(({ path, text }) => brokenLinks(path, text).map((link) => `${path}: ${link}`)),
    [],
  )
  t.deepEqual(brokenLinks('README.md', '[a](no-such-file.md) [b](#no-such-anchor)'), [
    'no-such-file.md',
    '#no-such-anchor',
  ])
})

test('npm scripts that are named exist', (t) => {
  const named = pages.flatMap(({ path, text }) =>
    [...text.matchAll(/\bnpm (?:run ([\w:]+)|(test)\b)/g)].map(([, name, test = '']) => ({ path, name: name ?? test })),
  )
  t.true(named.length > 5)
  t.deepEqual(
    named.filter(({ name }) => !Object.hasOwn(scripts, name)),
    [],
  )
})

test('command lines of the program are accepted by it', (t) => {
  const typed = blocks
    .filter(({ language }) => language === 'sh')
    .flatMap(({ text }) => text.replaceAll('\\\n', '').split('\n'))
    .filter((line) => /^[^#]*\brds-provision(?:\.mjs)? /.test(line))
  const shown = blocks.flatMap(({ text }) => text.split('\n').filter((line) => line.startsWith('$ rds-provision ')))
  t.true(typed.length > 4)
  t.true(shown.length > 3)
  for (const line of [...typed, ...shown]) {
    const [, args = ''] = line.split(/rds-provision(?:\.mjs)? /)
    t.notThrows(() => parseOptions(args.split(/\s+/).filter((word) => word !== '')), line)
  }
})
