import { styleText } from 'node:util'
import { printableSql } from '../sql/quote.ts'
import { oneLine, shortLine, visible } from '../audit/one-line.ts'
import { standingLine } from '../audit/standing.ts'
import { saysItself } from '../audit/text.ts'
import { consequenceLines } from '../model/consequence.ts'
import type { Problem } from '../model/problem.ts'
import type { Finding } from '../model/step.ts'
import { countPlan, type PlannedChange, listChanges, type Preview } from './preview.ts'
import { groupBy } from '../group-by.ts'

type Colour = 'green' | 'yellow' | 'red' | 'bold'
type Paint = (colour: Colour, text: string) => string

/** Signs as in a Terraform plan. */
const SIGNS: Readonly<Record<PlannedChange['status'], { readonly sign: string; readonly colour: Colour }>> = {
  created: { sign: '+', colour: 'green' },
  updated: { sign: '~', colour: 'yellow' },
  removed: { sign: '-', colour: 'red' },
}

export interface PreviewTextOptions {
  readonly colour: boolean
  /** List what is as declared; otherwise it is counted. */
  readonly listUnchanged: boolean
}

/** Heading of what belongs to no application. */
const INSTANCE = 'instance'

/**
 * `plan` for people: the changes by application, each with its reason and its SQL; then warnings, what would block, and
 * the counts. Every line is safe to print, whatever names the server holds.
 */
export function previewText(preview: Preview, { colour, listUnchanged }: PreviewTextOptions): string {
  const paint: Paint = (name, text) => (colour ? styleText(name, text, { validateStream: false }) : text)
  const { plan, blocked, approval, digest, moving } = preview
  const warnings = plan.findings.filter(({ status }) => status === 'warning')
  const isListed = ({ status, standing }: Finding): boolean =>
    listUnchanged ? status === 'skipped' || status === 'no_change' : status === 'skipped' && standing === undefined
  const stands = listUnchanged ? null : standingLine(plan.findings, 'RDS_PROVISION_LOG=verbose names each')
  const others = [...plan.findings.filter(isListed).map(findingLine), ...(stands === null ? [] : [stands])]
  const notices = [...moving.map((sentence) => `! ${shortLine(sentence)}`), ...warnings.map(findingLine)].map((line) =>
    paint('yellow', line),
  )
  const blocks = [
    heading(preview),
    ...groupByApplication(listChanges(plan)).map(([application, changes]) =>
      applicationBlock(application, changes, paint),
    ),
    ...(others.length === 0 ? [] : [others.join('\n')]),
    ...(notices.length === 0 ? [] : [[paint('yellow', `warnings: ${String(notices.length)}`), ...notices].join('\n')]),
    ...(blocked.length === 0
      ? []
      : [
          [
            paint('red', `would be blocked: ${String(blocked.length)}`),
            ...blocked.flatMap((problem, index) => {
              const lines = problemLines(problem, 'red', paint)
              // As in the text of a run: once for all that it helps against.
              return problem.remedy === blocked[index + 1]?.remedy ? lines.slice(0, 1) : lines
            }),
          ].join('\n'),
        ]),
    ...(approval === null ? [] : [approvalLines(approval, digest, paint).join('\n')]),
    paint(blocked.length === 0 ? 'bold' : 'red', closingSentence(preview)),
  ]
  return `${blocks.join('\n\n')}\n`
}

function heading({ declaration, server }: Preview): string {
  const { environment, stack, instance } = declaration
  const version = server === null ? '' : `, PostgreSQL ${visible(server.versionText)}`
  return `Plan for stack ${visible(stack)} (${environment}) on ${visible(instance.identifier)} (${visible(instance.host)}:${String(instance.port)}${version})`
}

function groupByApplication(changes: readonly PlannedChange[]): [string, PlannedChange[]][] {
  const groups = groupBy(changes, ({ application }) =>
    application === null ? INSTANCE : `application ${visible(application)}`,
  )
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1))
}

function applicationBlock(heading: string, changes: readonly PlannedChange[], paint: Paint): string {
  const lines = changes.flatMap((change) => {
    const { sign, colour } = SIGNS[change.status]
    return [
      paint(colour, `  ${sign} ${changeText(change)}`),
      ...consequenceLines(change).map((line) => paint('yellow', `      ${shortLine(line)}`)),
      ...change.statements.map((statement) => `      ${oneLine(printableSql(statement))};`),
    ]
  })
  return [paint('bold', heading), ...lines].join('\n')
}

/** `create role keycloak_dev_user (owner)`, `app_reader: CONNECT on app_db`: no word twice, none that says nothing. */
function changeText(change: PlannedChange): string {
  const { object, action, message } = change
  const [kind, text] = [object.replaceAll('_', ' '), oneLine(message)]
  const verb = action === object ? '' : `${action} `
  if (text.startsWith(`${kind} `)) return `${verb}${text}`
  return saysItself(change) ? text : `${verb}${kind}: ${text}`
}

const FINDING_SIGNS: Readonly<Record<Finding['status'], string>> = { no_change: '=', skipped: '.', warning: '!' }

function findingLine(finding: Finding): string {
  const { application, object, message, status } = finding
  const subject = [application, saysItself(finding) ? null : object].filter((part) => part !== null)
  return `${FINDING_SIGNS[status]} ${[...subject.map(visible), shortLine(message)].join(': ')}`
}

function problemLines({ application, field, message, remedy }: Problem, colour: Colour, paint: Paint): string[] {
  const subject = [application, field]
    .filter((part) => part !== null)
    .map(visible)
    .join(': ')
  return [paint(colour, `! ${subject}: ${shortLine(message)}`), paint('bold', `  -> ${shortLine(remedy)}`)]
}

/** What approves the run, and what approves this plan and no other. */
function approvalLines(approval: Problem, digest: string | null, paint: Paint): string[] {
  const lines = problemLines(approval, 'yellow', paint)
  return digest === null
    ? lines
    : [...lines, paint('bold', `  -> ALLOW_DB_PROVISION=plan:${digest} approves exactly this plan.`)]
}

function closingSentence({ plan, blocked, leftOut, stopped }: Preview): string {
  if (stopped) return 'Plan: nothing would be changed, since the apply would be blocked.'
  const { created, updated, removed, no_change: unchanged, skipped, warning } = countPlan(plan)
  const rest = [
    [unchanged, 'unchanged'],
    [skipped, 'skipped'],
    [warning, warning === 1 ? 'warning' : 'warnings'],
  ].filter(([count]) => count !== 0)
  const others = rest.map(([count, word]) => `${String(count)} ${String(word)}`).join(', ')
  const isBlocked = (name: string): boolean => blocked.some(({ application }) => application === name)
  const names = leftOut.map((name) => `${visible(name)} (${isBlocked(name) ? 'blocked' : 'its database is'})`)
  const left = names.length === 0 ? '' : ` Left as they are: ${names.join(', ')}.`
  if (created + updated + removed === 0) return `Plan: nothing to change${others === '' ? '' : ` (${others})`}.${left}`
  return `Plan: ${String(created)} to create, ${String(updated)} to update, ${String(removed)} to remove${others === '' ? '' : ` (${others})`}.${left}`
}
