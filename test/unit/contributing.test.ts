/** The pages for contributors: what they name exists, and what they say of a field's way is so. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import * as v from 'valibot'
import { codeBlocks, codesIn, ROOT, tableUnder } from '../support/documents.ts'

const PAGES = ['.github/CONTRIBUTING.md', '.github/SECURITY.md'] as const
const Manifest = v.object({ scripts: v.record(v.string(), v.string()) })
const { scripts } = v.parse(Manifest, JSON.parse(read('package.json')))

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}

/** Everything in backticks that is a path: one word with a slash, or a file's name. Commands are taken apart. */
function pathsIn(text: string): string[] {
  return codesIn(text)
    .flatMap((code) => (/^(?:npx|npm) /.test(code) ? code.split(' ').slice(2) : [code]))
    .map((word) => word.replaceAll('"', '').replace(/\/\*\.test\.ts$/, ''))
    .filter((word) => /^[\w.@-]+(?:\/[\w.@-]+)+$|^[\w-]+\.(?:md|json|ts|js|tf)$|^(?:src|test)$/.test(word))
}

for (const page of PAGES) {
  test(`${page}: every path that it names exists`, (t) => {
    const paths = pathsIn(read(page))
    t.true(paths.length > 20)
    t.deepEqual(
      paths.filter((path) => !existsSync(join(ROOT, path))),
      [],
    )
  })

  test(`${page}: every npm script that it names exists`, (t) => {
    const named = [...read(page).matchAll(/npm (?:run )?((?:test|docs|build|format|release|lint|typecheck)[\w:]*)/g)]
    t.true(named.length > 1)
    t.deepEqual(
      named.map(([, name = '']) => name).filter((name) => scripts[name] === undefined),
      [],
    )
  })

  test(`${page}: no code block that nobody tries`, (t) => {
    t.deepEqual(codeBlocks(read(page)), [])
  })
}

test('a path that is not there is seen', (t) => {
  const text =
    'See `src/nowhere.ts`, `npx ava "test/nothing/*.test.ts" test/no.test.ts`, `other.md`; `SET ROLE`, `a.b`.'
  t.deepEqual(pathsIn(text), ['src/nowhere.ts', 'test/nothing', 'test/no.test.ts', 'other.md'])
})

test('each file on the way of a field has the field that is shown', (t) => {
  const [, section = ''] = read('.github/CONTRIBUTING.md').split('## A new field of an application')
  const steps = [...(section.split('\n## ')[0]?.matchAll(/^\d+\. `([^`]+)`/gm) ?? [])].map(([, path = '']) => path)
  t.true(steps.length > 15)
  // Where the name of the server's catalog or of the type stands for it.
  const says = /(?<!database_)connection_limit|connectionLimit/
  t.deepEqual(
    steps.filter((path) => !says.test(read(path))),
    [],
  )
})

test('each promise names tests that attack it', (t) => {
  const rows = tableUnder(read('.github/SECURITY.md'), 'What is promised').slice(1)
  t.true(rows.length > 15)
  for (const [promise = '', attackers = ''] of rows) {
    const tests = codesIn(attackers)
    t.true(tests.length > 0 && tests.every((path) => /^test\/.*\.test\.ts$/.test(path)), promise)
    t.true(
      tests.every((path) => /\btest(?:\.serial)?\(|\bsweep\w*\(/i.test(read(path))),
      promise,
    )
  }
})
