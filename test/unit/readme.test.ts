/** The README says what the sources say, wherever a program can tell. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import * as v from 'valibot'
import { EXIT } from '../../src/errors.ts'
import { parseOptions } from '../../src/input/options.ts'
import { STATUSES } from '../../src/model/audit.ts'
import { ACCESS_LEVELS, type AccessLevel } from '../../src/model/declaration.ts'
import { TAG_FIELDS } from '../../src/model/tag.ts'
import { databasePrivileges, objectPrivileges } from '../../src/plan/privileges.ts'
import { LIVE_SECTIONS, REPORT_SECTIONS } from '../../src/input/report-options.ts'
import { reportJson } from '../../src/report/formats/json.ts'
import { previewJson } from '../../src/preview/json.ts'
import { samplePreview, sampleReport } from './report/sample.ts'
import { withCommands } from '../support/commands.ts'
import { anchorsIn, codeBlocks, codesIn, linksIn, readReadme, ROOT, tableUnder } from '../support/readme.ts'

const readme = readReadme()
const blocks = codeBlocks(readme)
const Manifest = v.object({ scripts: v.record(v.string(), v.string()) })
const { scripts } = v.parse(Manifest, JSON.parse(read('package.json')))

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}

/** The text of all sources below a folder. */
function sourcesOf(folder: string): string {
  const files = readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile() && entry.name.endsWith('.ts'),
  )
  return files.map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8')).join('\n')
}

function sorted(items: Iterable<string>): string[] {
  return [...new Set(items)].sort()
}

test('code that is taken from a file stands there word for word', (t) => {
  const taken = blocks.filter(({ file }) => file !== null)
  t.true(taken.length >= 5)
  t.true(blocks.filter(({ language }) => ['hcl', 'ts'].includes(language)).every(({ file }) => file !== null))
  for (const { file, text } of taken) t.true(text !== '' && read(file ?? '').includes(text), file ?? '')
})

test('links lead somewhere', (t) => {
  const links = linksIn(readme)
  t.true(links.length > 5)
  const isBroken = (link: string): boolean => {
    const [path = '', anchor] = link.split('#')
    if (!existsSync(join(ROOT, path))) return true
    return anchor !== undefined && !anchorsIn(read(path || 'README.md')).includes(anchor)
  }
  t.deepEqual(
    links.filter((link) => !link.includes('://') && isBroken(link)),
    [],
  )
})

test('npm scripts that it names exist', (t) => {
  const named = [...readme.matchAll(/\bnpm (?:run ([\w:]+)|(test)\b)/g)].map(([, name, test = '']) => name ?? test)
  t.true(named.length > 5)
  t.deepEqual(
    named.filter((name) => !Object.hasOwn(scripts, name)),
    [],
  )
})

test('command lines of the program are accepted by it', (t) => {
  const lines = blocks
    .filter(({ language }) => language === 'sh')
    .flatMap(({ text }) => text.replaceAll('\\\n', '').split('\n'))
    .filter((line) => /^[^#].*rds-provision/.test(line))
  t.true(lines.length > 0)
  for (const line of lines) {
    const [, args = ''] = line.split(/rds-provision(?:\.mjs)? /)
    t.notThrows(() => parseOptions(args.split(/\s+/).filter((word) => word !== '')), line)
  }
})

test('commands and options (npm run docs)', (t) => {
  t.is(readme, withCommands(readme))
})

test('sections of a report, and which need the server', (t) => {
  const rows = tableUnder(readme, 'Plan and report').slice(1)
  t.deepEqual(
    rows.map(([section = '']) => codesIn(section).join()),
    [...REPORT_SECTIONS],
  )
  t.deepEqual(
    rows.filter(([, , live]) => live === 'yes').map(([section = '']) => codesIn(section).join()),
    REPORT_SECTIONS.filter((section) => LIVE_SECTIONS.has(section)),
  )
})

test('fields of plan and report as JSON', (t) => {
  const { text } = /^### Plan and report as JSON\n(?<text>[^]*?)^## /m.exec(readme)?.groups ?? {}
  const [plan = '', report = ''] = (text ?? '').split('| field of a report')
  const fields = (part: string): string[] =>
    [...part.matchAll(/^\| (`[^|]*`) \|/gm)].flatMap(([, cell = '']) => codesIn(cell))
  const members = (json: string): string[] => Object.keys(v.parse(v.record(v.string(), v.unknown()), JSON.parse(json)))
  t.deepEqual(fields(plan), members(previewJson(samplePreview())))
  t.deepEqual(fields(report), members(reportJson(sampleReport())))
})

test('files that it names are those that the sources write', (t) => {
  const written = sourcesOf('src')
  const files = tableUnder(readme, 'Environment, exit codes, files')
    .slice(1)
    .flatMap(([cell = '']) => codesIn(cell))
  t.is(files.length, 7)
  for (const part of files.flatMap((file) => file.split(/<[^>]*>|\/|\*/)).filter((name) => name.length > 1))
    t.true(written.includes(part.replace(/\.$/, '')), part)
})

test('exit codes', (t) => {
  t.deepEqual(
    tableUnder(readme, 'Exit codes')
      .slice(1)
      .map(([code]) => code),
    Object.values(EXIT).sort().map(String),
  )
})

test('statuses of the audit and fields of a tag', (t) => {
  t.deepEqual(
    sorted(
      tableUnder(readme, 'The audit')
        .slice(1)
        .flatMap(([status = '']) => codesIn(status)),
    ),
    [...STATUSES].sort(),
  )
  const tags = /in their comment: (.*?)\./.exec(readme)?.[1] ?? ''
  t.deepEqual(sorted([...codesIn(tags), 'UpdatedByBuildId']), sorted([...TAG_FIELDS, 'tags']))
})

test('the privileges table', (t) => {
  const [head = [], ...rows] = tableUnder(readme, 'Who may do what')
  t.deepEqual(head.slice(1), [...ACCESS_LEVELS])
  const privileges = (row: string, level: AccessLevel): string[] => {
    const cell = rows.find(([title = '']) => title.startsWith(row))?.[head.indexOf(level)]
    return sorted((cell ?? '').match(/\b[A-Z]{3,}\b/g) ?? [])
  }
  for (const level of ACCESS_LEVELS) {
    t.deepEqual(privileges('database', level), sorted(databasePrivileges(level)), level)
    for (const object of ['table', 'sequence', 'function'] as const)
      t.deepEqual(privileges(object, level), sorted(objectPrivileges(level, object)), `${object} ${level}`)
  }
})

test('guardrails: every name, and what they say', (t) => {
  const source = sourcesOf('src/guardrails')
  const rows = tableUnder(readme, 'Guardrails').slice(1)
  const calls = [...source.matchAll(/\bproblem\(\s*(?:[\w.]+|null),\s*(?:'([^']+)'|(\w+)),/g)]
  t.is(calls.length, (source.match(/\bproblem\(/g) ?? []).length - 1, 'a call that this test cannot read') // its definition
  const constants = new Map(
    [...source.matchAll(/const ([A-Z_]+) = '([^']+)'/g)].map(([, name = '', value = '']) => [name, value]),
  )
  const names = [
    ...calls.map(([, name, constant = '']) => name ?? constants.get(constant) ?? constant),
    ...[...source.matchAll(/\bfield: '([^']+)'/g)].map(([, name = '']) => name),
  ]
  t.deepEqual(sorted(rows.map(([name = '']) => name)), sorted(names))
  const plain = (text: string): string => text.replaceAll(/\$\{[^}]*\}/g, '…').replaceAll(/\\?["']/g, '')
  const said = plain(source)
  for (const [name = '', says = ''] of rows) {
    for (const part of codesIn(says)
      .flatMap((saying) => plain(saying).split('…'))
      .map((piece) => piece.trim())
      .filter((piece) => piece.length > 2)) {
      t.true(said.includes(part), `${name}: ${part}`)
    }
  }
})

test('variables of the environment', (t) => {
  const isOurs = (name: string): boolean => !/^(AWS|PG)/.test(name)
  const read = [...sourcesOf('src/input').matchAll(/\b(?:[a-z]+Of\(env, |env\[)'([A-Z][A-Za-z_]+)'/g)]
    .map(([, name = '']) => name)
    .filter(isOurs)
  const named = tableUnder(readme, 'Inputs and outputs')
    .slice(1)
    .flatMap(([cell = '']) => codesIn(cell))
    .filter(isOurs)
  t.true(read.length > 5)
  t.deepEqual(sorted(named), sorted(read))
})

test('the outputs of the module', (t) => {
  const declared = [...read('terraform-module/outputs.tf').matchAll(/^output "(\w+)"/gm)].map(([, name = '']) => name)
  const sentence = /^The outputs are (.*?)\. /m.exec(readme)?.[1] ?? ''
  t.deepEqual(sorted(codesIn(sentence)), sorted(declared))
})

/** Not commands of an SDK client: what Secrets Manager does for the caller, what a login token proves, what the SDK does by itself, what tags need. */
const NO_COMMAND = ['kms:Decrypt', 'rds-db:connect', 'sts:AssumeRole', 'rds:AddTagsToResource']
const SERVICES = { 'client-secrets-manager': 'secretsmanager', 'client-sts': 'sts', 'client-rds': 'rds' } as const
const Policy = v.object({
  Statement: v.array(v.object({ Effect: v.literal('Allow'), Action: v.union([v.string(), v.array(v.string())]) })),
})

test('the IAM policy allows what the code calls, and nothing else', (t) => {
  const policies = blocks.filter(({ language, text }) => language === 'json' && text.includes('"Statement"'))
  const allowed = policies
    .flatMap(({ text }) => v.parse(Policy, JSON.parse(text)).Statement)
    .flatMap(({ Action }) => Action)
  const called = readdirSync(join(ROOT, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .flatMap((entry) => {
      const text = readFileSync(join(entry.parentPath, entry.name), 'utf8')
      return Object.entries(SERVICES)
        .filter(([client]) => text.includes(`@aws-sdk/${client}'`))
        .flatMap(([, service]) =>
          [...text.matchAll(/\b(\w+)Command\(/g)].map(([, command = '']) => `${service}:${command}`),
        )
    })
  t.true(called.length > 2)
  t.deepEqual(sorted(allowed.filter((action) => !NO_COMMAND.includes(action))), sorted(called))
})
