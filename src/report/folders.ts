/** Where a report is read from and written to. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { writeAtomically } from '../audit/atomic.ts'
import { InvalidInputError } from '../errors.ts'
import type { ReportOptions } from '../input/report-options.ts'
import type { Folders } from './sources/read.ts'

/**
 * The folders named; else the declaration's governance folder, or its folder of audit files; else the audit files of
 * direct runs below the working directory. With a connection there may be none.
 * @throws InvalidInputError where there is nothing to report from.
 */
export function foldersOf(options: ReportOptions, declared: Folders, cwd: string): Folders {
  const { governanceDir, auditDir, connect } = options
  if (governanceDir !== null || auditDir !== null) return { governanceDir, auditDir }
  if (declared.governanceDir !== null && existsSync(declared.governanceDir))
    return { governanceDir: declared.governanceDir, auditDir: null }
  const folder = [declared.auditDir, join(cwd, '.rds-provision', 'audit')].find(
    (path) => path !== null && existsSync(path),
  )
  if (folder !== undefined) return { governanceDir: null, auditDir: folder }
  if (connect) return { governanceDir: null, auditDir: null }
  throw new InvalidInputError([
    {
      application: null,
      code: 'usage',
      field: 'report',
      message: 'has nothing to report from.',
      remedy: 'Give --governance-dir or --audit-dir, or --connect with the declaration.',
    },
  ])
}

/** @throws InvalidInputError where the file cannot be written. */
export async function writeReport(path: string, text: string): Promise<void> {
  try {
    await writeAtomically(path, text)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new InvalidInputError(
      [
        {
          application: null,
          code: 'output_unwritable',
          field: '--output',
          message: `cannot be written: ${reason}.`,
          remedy: 'Give the path of a file in a folder that can be written to.',
        },
      ],
      { cause: error },
    )
  }
}
