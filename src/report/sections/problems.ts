import type { Section } from '../report.ts'
import type { AuditFiles } from '../sources/read.ts'
import { counted } from '../verdict.ts'

/** What is wrong in the audit files, by file and line. */
export function problemsSection({ faults, files, heads }: Omit<AuditFiles, 'entries'>): Section {
  return {
    id: 'problems',
    title: 'Problems in the audit files',
    about: [faults.length > 0 ? WRONG : files.length === 0 ? NOTHING : WELL, ...aboutEnds(heads)].join(' '),
    attention:
      faults.length === 0 ? null : counted(faults.length, 'fault in the audit files', 'faults in the audit files'),
    columns: [
      { key: 'file', title: 'File' },
      { key: 'line', title: 'Line' },
      { key: 'problem', title: 'Problem' },
    ],
    rows: faults.map(({ file, line, message }) => ({ cells: [file, line, message], mark: 'failed' })),
  }
}

const NOTHING = 'There is no audit file to check.'
const WELL = 'Every line is as it was written.'
const WRONG =
  'These lines were torn or edited, or are missing, or their time is wrong; the rest of the report is made from the others.'

/** Whether lines are missing at the end of a chain, only an audit that was kept elsewhere can tell. */
function aboutEnds(heads: AuditFiles['heads']): string[] {
  if (heads === null) return []
  const { compared, unread } = heads
  const ends =
    compared === 0
      ? 'Whether runs were cut from the end is not known: no audit of theirs was compared (--audit-dir, --audit).'
      : `The ends were compared with ${String(compared)} ${compared === 1 ? 'audit' : 'audits'}.`
  return unread.length === 0 ? [ends] : [ends, `Named by audits, and not read: ${unread.join(', ')}.`]
}
