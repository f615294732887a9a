/** The page of the command line. */
import test from 'ava'
import { withCommands } from '../../support/commands.ts'
import { codesIn, guide, readDocument, sourcesOf, tableUnder } from '../../support/documents.ts'

const page = readDocument(guide('command-line'))

test('commands and options (npm run docs)', (t) => {
  t.is(page, withCommands(page))
})

test('files that it names are those that the sources write', (t) => {
  const written = sourcesOf('src')
  const files = tableUnder(page, 'Files')
    .slice(1)
    .flatMap(([cell = '']) => codesIn(cell))
  t.is(files.length, 7)
  for (const part of files.flatMap((file) => file.split(/<[^>]*>|\/|\*/)).filter((name) => name.length > 1))
    t.true(written.includes(part.replace(/\.$/, '')), part)
})
