/** Where a report is read from. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { InvalidInputError } from '../errors.ts'
import type { ReportOptions } from '../input/report-options.ts'
import type { Folders } from './sources/read.ts'

/**
 * The folders and the file named; else the declaration's governance folder, or its folder of audit files; else the
 * audit files of direct runs below the working directory. `--verify` reads both, since the audits tell where the chain
 * ended. With a connection there may be none.
 * @throws InvalidInputError where there is nothing to report from.
 */
export function foldersOf(
  { governanceDir, auditDir, auditFile, connect, verify }: ReportOptions,
  declared: Pick<Folders, 'governanceDir' | 'auditDir'>,
  cwd: string,
): Folders {
  if (governanceDir !== null || auditDir !== null)
    return { governanceDir, expectedDir: governanceDir, auditDir, auditFile }
  const [governance = null] = existing(declared.governanceDir)
  const [audits = null] = existing(declared.auditDir, join(cwd, '.rds-provision', 'audit'))
  const expectedDir = verify ? declared.governanceDir : governance
  if (governance !== null)
    return { governanceDir: governance, expectedDir, auditDir: verify ? audits : null, auditFile }
  if (auditFile !== null && !verify) return { governanceDir: null, expectedDir, auditDir: null, auditFile }
  if (auditFile !== null || audits !== null || connect)
    return { governanceDir: null, expectedDir, auditDir: audits, auditFile }
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

function existing(...paths: readonly (string | null)[]): string[] {
  return paths.filter((path) => path !== null).filter((path) => existsSync(path))
}
