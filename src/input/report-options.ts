/** The options of `report`. Pure. */
import { InvalidInputError } from '../errors.ts'
import type { Problem } from '../model/problem.ts'
import { show, suggestion } from './text.ts'
import { parseTimestamp } from './timestamp.ts'

export const REPORT_FORMATS = ['text', 'markdown', 'csv', 'json', 'html'] as const
export type ReportFormat = (typeof REPORT_FORMATS)[number]

/** What a report can say, in the order in which it says it. */
export const REPORT_SECTIONS = [
  'problems',
  'traceability',
  'access',
  'outside-grants',
  'retained',
  'drift',
  'undeclared',
  'unmanaged',
  'expiring',
  'secrets',
  'access-history',
  'runs',
  'history',
] as const
export type ReportSection = (typeof REPORT_SECTIONS)[number]

/** What the audit files alone cannot tell. */
export const LIVE_SECTIONS: ReadonlySet<ReportSection> = new Set([
  'traceability',
  'access',
  'outside-grants',
  'retained',
  'drift',
  'undeclared',
  'unmanaged',
  'expiring',
  'secrets',
])

/** What a report is to be about; null: not restricted. */
export interface Criteria {
  readonly environment: string | null
  readonly application: string | null
  readonly database: string | null
  readonly build: string | null
  /** Inclusive. */
  readonly since: Date | null
  /** Exclusive. */
  readonly until: Date | null
}

export interface ReportOptions {
  readonly command: 'report'
  readonly input: string | null
  /** null, like the next two: not given. */
  readonly governanceDir: string | null
  readonly auditDir: string | null
  readonly auditFile: string | null
  readonly connect: boolean
  readonly verify: boolean
  /** The sheet of an access review, or with `signed` what became of its decisions. */
  readonly review: boolean
  /** The sheet that came back; null: none. */
  readonly signed: string | null
  readonly criteria: Criteria
  /** Empty: all that there is. */
  readonly sections: readonly ReportSection[]
  readonly expiresWithinDays: number
  readonly secretsOlderThanDays: number
  readonly format: ReportFormat
  /** null: standard output. */
  readonly output: string | null
}

const EXPIRES_WITHIN_DAYS = 30
const SECRETS_OLDER_THAN_DAYS = 90

/**
 * Reads the values of the options; `text` gives the value of one, null where it is not given.
 * @throws InvalidInputError with everything that is wrong.
 */
export function reportOptions(
  text: (option: string) => string | null,
  flag: (option: string) => boolean,
): ReportOptions {
  const problems: Problem[] = []
  const options: ReportOptions = {
    command: 'report',
    input: text('input'),
    governanceDir: text('governance-dir'),
    auditDir: text('audit-dir'),
    auditFile: text('audit'),
    connect: flag('connect'),
    verify: flag('verify'),
    review: flag('review'),
    signed: text('signed'),
    criteria: {
      environment: text('environment'),
      application: text('application'),
      database: text('database'),
      build: text('build-id'),
      since: momentOf('since', text('since'), problems)?.from ?? null,
      until: momentOf('until', text('until'), problems)?.to ?? null,
    },
    sections: wordsOf('section', text('section'), REPORT_SECTIONS, problems),
    expiresWithinDays: daysOf('expires-within', text('expires-within'), EXPIRES_WITHIN_DAYS, problems),
    secretsOlderThanDays: daysOf('secrets-older-than', text('secrets-older-than'), SECRETS_OLDER_THAN_DAYS, problems),
    format: wordsOf('format', text('format'), REPORT_FORMATS, problems)[0] ?? 'text',
    output: text('output'),
  }
  problems.push(...reviewProblems(options, text, flag))
  if (options.format === 'csv' && options.sections.length !== 1 && !options.review)
    problems.push(
      refusal('format', 'csv holds one table.', `Name it with --section: one of ${REPORT_SECTIONS.join(', ')}.`),
    )
  const unseen = options.connect ? [] : options.sections.filter((section) => LIVE_SECTIONS.has(section))
  if (unseen.length > 0)
    problems.push(
      refusal('section', `only the server can tell ${unseen.join(', ')}.`, 'Give --connect, and the declaration.'),
    )
  if (problems.length > 0) throw new InvalidInputError(problems)
  return options
}

/** A review cannot be restricted to these: it would leave out rights that somebody has. It says nothing of ages. */
const NOT_OF_REVIEW = ['section', 'build-id', 'since', 'until', 'expires-within', 'secrets-older-than'] as const

function reviewProblems(
  { review, signed, connect }: ReportOptions,
  text: (option: string) => string | null,
  flag: (option: string) => boolean,
): Problem[] {
  if (!review)
    return signed === null ? [] : [refusal('signed', 'goes with --review only.', 'Give --review too, or leave it out.')]
  const others = [
    ...NOT_OF_REVIEW.filter((option) => text(option) !== null),
    ...(flag('verify') ? (['verify'] as const) : []),
  ]
  return [
    ...(connect
      ? []
      : [
          refusal(
            'review',
            'is of what the server has; the audit files tell what was given, and not what anybody has.',
            'Give --connect, and the declaration.',
          ),
        ]),
    ...others.map((option) => refusal(option, 'does not go with --review.', 'Leave it out.')),
  ]
}

/** `2026-10` and `2026-10-31` are the whole month or day in UTC; with a time it is that moment. */
function momentOf(
  option: string,
  value: string | null,
  problems: Problem[],
): { readonly from: Date; readonly to: Date } | null {
  if (value === null) return null
  const moment = parseTimestamp(value)
  if (moment !== null) return { from: moment, to: moment }
  const day = /^\d{4}-\d\d(-\d\d)?$/.test(value)
    ? parseTimestamp(`${value.length === 7 ? `${value}-01` : value}T00:00:00Z`)
    : null
  if (day === null) {
    problems.push(
      refusal(option, `${show(value)} is no day, month or time.`, 'Use 2026-10, 2026-10-31 or 2026-10-31T12:00:00Z.'),
    )
    return null
  }
  const end = new Date(day)
  if (value.length === 7) end.setUTCMonth(end.getUTCMonth() + 1)
  else end.setUTCDate(end.getUTCDate() + 1)
  return { from: day, to: end }
}

function daysOf(option: string, value: string | null, byDefault: number, problems: Problem[]): number {
  if (value === null) return byDefault
  if (/^\d{1,5}$/.test(value)) return Number(value)
  problems.push(refusal(option, `${show(value)} is no number of days.`, 'Use a whole number from 0 to 99999.'))
  return byDefault
}

/** Words with commas between them. */
function wordsOf<T extends string>(
  option: string,
  value: string | null,
  known: readonly T[],
  problems: Problem[],
): T[] {
  const words = value === null ? [] : value.split(',').map((word) => word.trim())
  return words.flatMap((word) => {
    const found = known.find((item) => item === word)
    if (found !== undefined) return [found]
    problems.push(
      refusal(option, `${show(word)} is not known.`, `Use one of ${known.join(', ')}.${suggestion(word, known)}`),
    )
    return []
  })
}

function refusal(option: string, message: string, remedy: string): Problem {
  return { application: null, code: 'usage', field: `--${option}`, message, remedy }
}
