import { open } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import type { Problem } from '../model/problem.ts'
import type { AuditDocument } from '../model/audit.ts'
import { writeAtomically } from './atomic.ts'
import { hasCode, makeFolder } from './special.ts'

/**
 * Where the audit of a direct run goes when nobody says (src/README.md: Where the audit goes), below the working
 * directory.
 */
const DEFAULT_FOLDER = join('.rds-provision', 'audit')

/** A file name of at most 255 bytes, the limit of the common file systems, with room for what is put around a part. */
const MAX_PART_LENGTH = 100

/**
 * Path of the audit file of a run that was given none: `<run id>.json` in the `audit_dir` of the declaration, else in
 * `<cwd>/.rds-provision/audit`.
 */
export function defaultAuditPath(cwd: string, runId: string, auditDir: string | null): string {
  return join(auditDir ?? join(cwd, DEFAULT_FOLDER), `${safeFileName(runId)}.json`)
}

/**
 * Path of the audit file of a destroy run: `<audit_dir>/destroy-<application>-<run id>.json`. `subject` is the
 * application, or what stands in its place in a teardown by tag (`build-<id>`).
 */
export function destroyAuditPath(auditDir: string, subject: string, runId: string): string {
  return join(auditDir, `destroy-${safeFileName(subject)}-${safeFileName(runId)}.json`)
}

/**
 * A name that is one path component everywhere: anything but ASCII letters, digits, `.`, `_` and `-` becomes `_`, and
 * so does a leading dot (`..`, hidden files). Run ids come from CI systems and may hold `/` or `:`.
 */
export function safeFileName(name: string): string {
  return (
    name
      .replace(/[^A-Za-z0-9._-]/g, '_')
      .replace(/^\.+/, '_')
      .slice(0, MAX_PART_LENGTH) || '_'
  )
}

/** Where the governance files of an environment are; null: the run does not know its environment. */
export function governanceFolder(dir: string, environment: string | null): string {
  return join(dir, safeFileName(environment ?? 'unknown'))
}

/** The governance files of one environment (src/README.md: The audit). */
export function governanceFiles(folder: string): {
  readonly jsonl: string
  readonly csv: string
  readonly access: string
} {
  return {
    jsonl: join(folder, 'rds_provision_audit.jsonl'),
    csv: join(folder, 'rds_provision_audit.csv'),
    access: join(folder, 'access.md'),
  }
}

/**
 * The path, or `…-2.json` and so on where it is another run's: the removals of one CI run on several instances have the
 * same names. An empty file holds the place, so that runs side by side do not take the same.
 */
export async function takeAuditPath(path: string): Promise<string> {
  for (let number = 1; ; number += 1) {
    const candidate = number === 1 ? path : path.replace(/\.json$/, `-${number}.json`)
    try {
      await makeFolder(dirname(candidate))
      await (await open(candidate, 'wx')).close()
      return candidate
    } catch (error) {
      // A folder that cannot be made is told when the audit is written.
      if (!hasCode(error, 'EEXIST')) return path
    }
  }
}

/**
 * Writes the audit document as JSON, atomically, creating folders. Gives null, or the problem where the file could not
 * be written: what the run did stands, so the caller prints `auditJson` instead and ends with exit 1 (src/README.md:
 * The audit).
 */
export async function writeAuditFile(path: string, document: AuditDocument): Promise<Problem | null> {
  try {
    await writeAtomically(path, auditJson(document))
    return null
  } catch (error) {
    return {
      application: null,
      code: 'audit_unwritable',
      field: 'audit file',
      message: `The audit could not be written to ${path}: ${describeFileError(error)}.`,
      remedy: 'What the run did stands; its audit is on standard output. Make the folder writable and run again.',
    }
  }
}

/**
 * The text of an audit file: a record a line, for people with grep, and because Terraform keeps the text in its state,
 * whose size every plan pays for.
 */
export function auditJson({ records, ...others }: AuditDocument): string {
  const fields = Object.entries(others).map(
    ([name, value]) => `"${name}": ${JSON.stringify(value, null, 2).replaceAll('\n', '\n  ')}`,
  )
  const list =
    records.length === 0 ? '[]' : `[\n${records.map((record) => `    ${JSON.stringify(record)}`).join(',\n')}\n  ]`
  return `{\n  ${[...fields, `"records": ${list}`].join(',\n  ')}\n}\n`
}

/** `EACCES: permission denied, open '…'` of node:fs, which names code, cause and path. */
export function describeFileError(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
