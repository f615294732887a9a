/** What the library exports is an interface: a name that goes or comes is a change for those who use it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import ts from 'typescript'
import * as library from '../../src/index.ts'
import { ROOT } from '../support/documents.ts'

const VALUES = [
  'ApplyError',
  'AwsError',
  'BlockedError',
  'ConnectionError',
  'EXIT',
  'InvalidInputError',
  'ProvisionError',
  'REMOVAL_WAITS',
  'Secret',
  'TOOL_VERSION',
  'apply',
  'checkAuditPlace',
  'concludeRun',
  'createDependencies',
  'createDestroyDependencies',
  'createGithubReporter',
  'createJsonLinesReporter',
  'createTextReporter',
  'decodeInput',
  'describeProblem',
  'destroy',
  'endUnusable',
  'parseDeclaration',
  'prepareUpgrade',
  'previewApply',
  'previewDestroy',
  'previewJson',
  'previewText',
  'readAwsEnvironment',
  'start',
]
const TYPES = [
  'AccessChange',
  'AccessLevel',
  'AccessMatrix',
  'Actor',
  'AdminLogin',
  'Application',
  'ApplicationsEnd',
  'Approval',
  'Approvals',
  'AuditDocument',
  'AuditObject',
  'AuditRecord',
  'AuditRun',
  'AuditStatus',
  'AuthMethod',
  'AwsEnvironment',
  'AwsSettings',
  'CleanupPolicy',
  'Command',
  'Conclusion',
  'Credential',
  'CurrentSecrets',
  'Database',
  'DatabaseAccess',
  'Declaration',
  'Dependencies',
  'DependencyOptions',
  'DestroyDependencies',
  'DestroyRequest',
  'DestroyTarget',
  'Endpoint',
  'Environment',
  'ExitCode',
  'GithubOptions',
  'Governance',
  'GovernanceHead',
  'Instance',
  'JsonLinesOptions',
  'LoginAccess',
  'OrphanLogin',
  'Outcome',
  'ParsedInput',
  'Preview',
  'PreviewTextOptions',
  'PrivilegeChange',
  'PrivilegeTarget',
  'Problem',
  'ProblemCode',
  'ProgramRun',
  'RecordSink',
  'RemovalWaits',
  'Reporter',
  'RunIdentity',
  'RunResult',
  'SecretReader',
  'SecretStage',
  'SettingValue',
  'Snapshot',
  'SnapshotClient',
  'SnapshotSource',
  'StartedRun',
  'TextOptions',
  'Tls',
  'TlsMode',
  'UnusableRun',
  'Write',
]

interface Exports {
  readonly values: readonly string[]
  readonly types: readonly string[]
}

/** The names that a file exports from others; one that exports whatever is there is refused. */
function exportsOf(text: string): Exports {
  const found = ts.createSourceFile('index.ts', text, ts.ScriptTarget.Latest).statements.flatMap((statement) => {
    if (!ts.isExportDeclaration(statement) || statement.exportClause === undefined)
      throw new Error(`not names one by one: ${text.slice(statement.pos, statement.end).trim()}`)
    if (!ts.isNamedExports(statement.exportClause)) throw new Error('a namespace is no list of names')
    return statement.exportClause.elements.map(({ name, isTypeOnly }) => ({
      name: name.text,
      isType: statement.isTypeOnly || isTypeOnly,
    }))
  })
  const names = (isType: boolean): string[] =>
    found
      .filter((item) => item.isType === isType)
      .map(({ name }) => name)
      .sort()
  return { values: names(false), types: names(true) }
}

test('the library exports these values and these types', (t) => {
  const { values, types } = exportsOf(readFileSync(join(ROOT, 'src', 'index.ts'), 'utf8'))
  t.deepEqual(types, TYPES)
  t.deepEqual(values, VALUES)
  t.deepEqual(Object.keys(library).sort(), VALUES)
})

test('exports that nobody can read off the file are refused', (t) => {
  t.deepEqual(exportsOf("export { a, type B } from './x.ts'\nexport type { C } from './y.ts'"), {
    values: ['a'],
    types: ['B', 'C'],
  })
  t.throws(() => exportsOf("export * from './x.ts'"), { message: /one by one/ })
  t.throws(() => exportsOf("export type * from './x.ts'"), { message: /one by one/ })
})
