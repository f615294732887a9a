import type { Reporter, Write } from './reporter.ts'

/**
 * `RDS_PROVISION_LOG=json`: each record as one complete line `{"type":"record",…}` with the fields of the audit's
 * records, and at the end `{"type":"run",…}` with those of its run, the summary and the problems.
 */
export function createJsonLinesReporter(write: Write): Reporter {
  return {
    record: (record) => write(`${printableJson({ type: 'record', ...record })}\n`),
    finish: ({ run, summary }, problems) => write(`${printableJson({ type: 'run', ...run, summary, problems })}\n`),
  }
}

/** What JSON.stringify leaves as it is and a terminal or a log viewer acts on: DEL, C1 controls, line separators, bidirectional controls. */
const ACTIVE = /[\u007f-\u009f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

/** As in one-line.ts; `#` stands only inside strings, so escaping the bracket keeps the JSON's meaning. */
const RUNNER_COMMAND = /##(\w*)\[/g

/** `value` as JSON on one line that means the same and neither moves a terminal nor commands a CI runner. */
export function printableJson(value: object): string {
  return JSON.stringify(value)
    .replace(ACTIVE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .replace(RUNNER_COMMAND, '##$1\\u005b')
}
