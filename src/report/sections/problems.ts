import type { Section } from '../report.ts'
import type { FileFault } from '../../audit/governance/entry.ts'

/** What is wrong in the audit files, by file and line. */
export function problemsSection(faults: readonly FileFault[], files: number): Section {
  return {
    id: 'problems',
    title: 'Problems in the audit files',
    about:
      faults.length === 0
        ? files === 0
          ? 'There is no audit file to check.'
          : 'Every line is as it was written.'
        : 'These lines were torn or edited, or are missing; the rest of the report is made from the others.',
    columns: [
      { key: 'file', title: 'File' },
      { key: 'line', title: 'Line' },
      { key: 'problem', title: 'Problem' },
    ],
    rows: faults.map(({ file, line, message }) => ({ cells: [file, line, message], mark: 'failed' })),
  }
}
