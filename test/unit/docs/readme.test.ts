/** The README: one page, true in what it says of privileges and requirements, and the way to every guide. */
import { readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import test from 'ava'
import { ACCESS_LEVELS, type AccessLevel } from '../../../src/model/declaration.ts'
import { LEVEL_ALONE } from '../../../src/model/own-privileges.ts'
import { databasePrivileges, objectPrivileges } from '../../../src/plan/privileges.ts'
import { documents, linksIn, readDocument, ROOT, sorted, tableUnder } from '../../support/documents.ts'

const readme = readDocument('README.md')

test('it is one page', (t) => {
  const { length } = readme.split('\n')
  t.true(length <= 160, `${length} lines`)
})

test('every guide can be reached from it, and begins with its title and a sentence', (t) => {
  const guides = documents('terraform-module/docs')
  t.deepEqual(
    guides.filter((path) => !linksIn(readme).includes(path)),
    [],
  )
  for (const path of ['src/README.md', '.github/CONTRIBUTING.md', '.github/SECURITY.md'])
    t.true(linksIn(readme).includes(path), path)
  for (const path of guides) t.regex(readDocument(path), /^# .+\n\n(?!```)[^|#<!-]/, path)
})

test('the privileges table', (t) => {
  const [head = [], ...rows] = tableUnder(readme, 'Who may do what')
  t.deepEqual(head.slice(1), [...ACCESS_LEVELS])
  const privileges = (row: string, level: AccessLevel): string[] => {
    const cell = rows.find(([title = '']) => title.startsWith(row))?.[head.indexOf(level)]
    return sorted((cell ?? '').match(/\b[A-Z]{3,}\b/g) ?? [])
  }
  for (const level of ACCESS_LEVELS) {
    t.deepEqual(
      privileges('database', level),
      sorted(databasePrivileges({ accessLevel: level, connects: level !== 'none' })),
      level,
    )
    for (const object of ['table', 'sequence', 'function'] as const)
      t.deepEqual(
        privileges(object, level),
        sorted(objectPrivileges({ accessLevel: level, privileges: LEVEL_ALONE }, object)),
        `${object} ${level}`,
      )
  }
})

/** What an example asks for: `terraform 1.4`, `aws 5.0`. */
function needs(folder: string): string[] {
  const text = readDocument(join(folder, 'versions.tf'))
  const terraform = /required_version = ">= ([\d.]+)"/.exec(text)?.[1] ?? ''
  const providers = [...text.matchAll(/^ {4}(\w+) = \{[^}]*version = ">= ([\d.]+)"/gm)]
  return sorted([`terraform ${terraform}`, ...providers.map(([, name = '', version = '']) => `${name} ${version}`)])
}

test('the requirements are those of the module and of each example', (t) => {
  const examples = readdirSync(join(ROOT, 'terraform-module/examples'))
  const rows = tableUnder(readDocument('terraform-module/docs/get-started.md'), 'Other examples').slice(1)
  const stated = rows.map(([link = '', , terraform = '', providers = '']) => [
    basename(linksIn(link)[0] ?? ''),
    sorted([`terraform ${terraform}`, ...providers.split(', ')]),
  ])
  t.deepEqual(stated.sort(), examples.map((example) => [example, needs(`terraform-module/examples/${example}`)]).sort())
  const inReadme = tableUnder(readme, 'Requirements').slice(1)
  for (const example of examples) {
    const path = `terraform-module/examples/${example}`
    const row = inReadme.find(([what = '']) => linksIn(what).includes(path))?.[1] ?? ''
    for (const need of needs(path)) {
      const [name = '', version = ''] = need.split(' ')
      t.true(row.toLowerCase().includes(name) && row.includes(version), `${example}: ${need}`)
    }
    t.is((row.match(/\d+\.\d+/g) ?? []).length, needs(path).length, example)
  }
  const [, module = ''] = inReadme[0] ?? []
  const terraform = /required_version = ">= ([\d.]+)"/.exec(readDocument('terraform-module/versions.tf'))?.[1] ?? ''
  const node = /"node": ">=([\d.]+?)(?:\.0)?"/.exec(readDocument('package.json'))?.[1] ?? ''
  t.true(module.includes(`Terraform ${terraform}`), module)
  t.true(module.includes(`Node.js ${node},`), module)
})
