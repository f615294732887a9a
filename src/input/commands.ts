/** The commands and their options, as data: parsing, help, completion and the guide are made from them. */

import { GENERATE_FORMATS } from './generate-options.ts'
import { REPORT_SECTIONS, REPORT_FORMATS } from './report-options.ts'

export interface Option {
  readonly type: 'string' | 'boolean'
  readonly requiresArg?: true
  /** What stands for the value in a synopsis, e.g. FILE. */
  readonly placeholder?: string
  /** What the value is one of. */
  readonly words?: readonly string[]
  readonly describe: string
}

export type OptionTable = Readonly<Record<string, Option>>

export interface CommandText {
  readonly describe: string
  readonly options: OptionTable
  /** Options of which exactly one must be given. */
  readonly oneOf?: readonly string[]
  /** What to type, and what it does. */
  readonly examples: readonly (readonly [string, string])[]
}

function value(placeholder: string, describe: string, words?: readonly string[]): Option {
  return { type: 'string', requiresArg: true, placeholder, describe, ...(words !== undefined && { words }) }
}

function flag(describe: string): Option {
  return { type: 'boolean', describe }
}

const INPUT: OptionTable = {
  input: value('FILE', 'File with the declaration: JSON, or base64gzip of it; - is standard input'),
}

const CLAIM: OptionTable = {
  claim: value('ID', 'Claim of the state that the declaration belongs to, as `terraform output -raw claim` gives it'),
}

const RUNNER: OptionTable = {
  runner: value('FUNCTION', 'Name or ARN of the Lambda function that does it; default: runner of the declaration'),
}

const AUDIT_FILE: OptionTable = {
  'audit-file': value('FILE', 'File to write the audit to; default: in audit_dir, else in .rds-provision/audit'),
}

const PLAN: OptionTable = {
  'terraform-plan': value(
    'FILE',
    'Instead of --input: what `terraform show -json` prints of a saved plan, in which an output of the root holds the declaration; - is standard input',
  ),
  'terraform-output': value(
    'NAME',
    'With --terraform-plan: which output, where several hold one; with dots to what is inside of it',
  ),
  'detailed-exitcode': flag('Exit 2 where there is something to change, 0 where there is not'),
  json: flag('Print the plan as JSON'),
  external: flag(
    'For modules/drift: read the query of the data source `external` on standard input, print what differs as it takes it, and exit 0',
  ),
  out: value('FILE', 'File to write the plan to, as JSON, with the digest that approves it'),
}

const DESTROY: OptionTable = {
  application: value('NAME', 'Remove this application'),
  'build-id': value('ID', 'Remove everything that this build created'),
  'cluster-name': value('NAME', 'Remove everything that carries this cluster name'),
  requested: flag(
    'Carry out the removals that are pending; with an input that declares nothing, as the module gives last, its state ends',
  ),
  request: flag('With --application: only ask for its removal, as the module does when its marker is destroyed'),
  marker: value('ID', 'With --request: id of the marker that was destroyed'),
  'dry-run': flag('Only show what would go'),
}

const REPORT: OptionTable = {
  'governance-dir': value('FOLDER', "Folder with the governance files; default: the declaration's"),
  'audit-dir': value(
    'FOLDER',
    'Folder with audit files; default with --verify, or where there is no governance folder: audit_dir, else .rds-provision/audit',
  ),
  audit: value(
    'FILE',
    'One audit file more, such as `terraform output -raw audit_json` gives: what was cut from the governance files is missed there',
  ),
  connect: flag('Ask the server too; needs the declaration'),
  verify: flag('Check the files, and with --connect that everything is traceable; exit 1 where it is not'),
  review: flag(
    'With --connect: the sheet of an access review, a line for each login and right, to be decided and signed; as csv for a spreadsheet, as html for paper',
  ),
  signed: value(
    'FILE',
    'With --review: the csv sheet that came back; tells what became of each decision; exit 1 where something is open',
  ),
  section: value('WORDS', 'What to tell, with commas between; default: all', REPORT_SECTIONS),
  environment: value('NAME', 'Only this environment'),
  application: value('NAME', 'Only this application, and the databases that it uses'),
  database: value('NAME', 'Only this database'),
  'build-id': value('ID', 'Only this build'),
  since: value('TIME', 'From this day, month or time on: 2026-10, 2026-10-31, 2026-10-31T12:00:00Z (UTC)'),
  until: value('TIME', 'Up to the end of this day or month, or this time'),
  'expires-within': value('DAYS', 'Days until valid_until that count as expiring; default: 30'),
  'secrets-older-than': value('DAYS', 'Age in days from which a secret is old; default: 90'),
  format: value('WORD', 'How to print it; csv holds one section; default: text', REPORT_FORMATS),
  output: value('FILE', 'File to write the report to; default: standard output'),
}

const GENERATE: OptionTable = {
  format: value('WORD', 'How to print it; default: hcl', GENERATE_FORMATS),
  output: value('FILE', 'File to write the declaration to; default: standard output'),
  statements: value('FILE', 'File to write the statements to that a person has to run first'),
  database: value('NAME', 'Only this database, with who uses it'),
  'terraform-state': value(
    'FILE',
    'What `terraform show -json` prints where the provider cyrilgdn/postgresql is used: its names become keys; - is standard input',
  ),
  removed: value(
    'FILE',
    'With --terraform-state: file to write the `removed` blocks to that make Terraform forget what it holds; default: as comments, after the declaration',
  ),
}

/** The commands, each with its options (src/README.md: Commands). */
export const COMMANDS = {
  apply: {
    describe: 'Make roles, databases and privileges match the declaration',
    options: { ...INPUT, ...CLAIM, ...RUNNER, ...AUDIT_FILE },
    examples: [
      ['$0 apply --input declaration.json', 'provision by hand what Terraform would'],
      ['ALLOW_DB_PROVISION=true $0 apply --input prod.json --audit-file audit.json', 'the same outside dev, approved'],
    ],
  },
  plan: {
    describe: 'Show what apply would change, with its SQL; changes nothing',
    options: { ...INPUT, ...CLAIM, ...RUNNER, ...PLAN },
    examples: [
      ['$0 plan --input declaration.json', 'what would be done, why, and with which SQL'],
      [
        '$0 plan --input declaration.json --detailed-exitcode',
        'exit 0: nothing to do, 2: changes, 4: would be blocked',
      ],
      ['$0 plan --input declaration.json --json', 'the same for a program'],
      [
        'terraform output -raw declaration_json | $0 plan --input -',
        'of a module whose root passes declaration_json on; is the server as it was applied?',
      ],
      ['terraform show -json saved | $0 plan --terraform-plan -', 'what `terraform apply saved` would do'],
      ['$0 plan --terraform-plan plan.json --out approved.json', 'the same, to be approved by its digest'],
    ],
  },
  destroy: {
    describe: 'Remove applications by their cleanup policy',
    options: { ...DESTROY, ...INPUT, ...CLAIM, ...RUNNER, ...AUDIT_FILE },
    oneOf: ['application', 'build-id', 'cluster-name', 'requested'],
    examples: [
      ['$0 destroy --input declaration.json --application analytics --dry-run', 'what would go'],
      ['$0 destroy --input declaration.json --build-id 4711', 'tear down what a build created'],
      ['$0 destroy --input declaration.json --requested', 'carry out what is pending'],
    ],
  },
  'prepare-upgrade': {
    describe: "Before an upgrade from PostgreSQL 14 or 15: keep the delegated admin's rights; does nothing from 16 on",
    options: { ...INPUT, ...RUNNER, ...AUDIT_FILE },
    examples: [
      ['$0 prepare-upgrade --input declaration.json', 'prepare by hand what prepare_major_upgrade = true would'],
    ],
  },
  generate: {
    describe: 'Print a declaration of what is on an instance, which takes nothing from anybody; changes nothing',
    options: { ...INPUT, ...RUNNER, ...GENERATE },
    examples: [
      [
        '$0 generate --input instance.json --output applications.auto.tfvars --statements first.sql',
        'what is there, and what a person has to run first',
      ],
      ['$0 generate --input instance.json --database shop', 'one database, and who uses it'],
      [
        'terraform show -json | $0 generate --input instance.json --terraform-state - --removed removed.tf',
        'in place of the provider cyrilgdn/postgresql',
      ],
    ],
  },
  report: {
    describe: 'Tell who may do what, what happened, and what is not as declared; changes nothing',
    options: { ...INPUT, ...RUNNER, ...REPORT },
    examples: [
      [
        '$0 report --governance-dir audit --application analytics --section access-history --since 2026-10 --until 2026-10',
        'who could write to analytics in October?',
      ],
      ['$0 report --governance-dir audit --build-id 4711 --section history', 'what did build 4711 create?'],
      ['$0 report --input declaration.json --connect --section unmanaged', 'is anything on this instance not ours?'],
      ['$0 report --input declaration.json --connect --verify', 'is everything traceable, and no file edited?'],
      ['$0 report --governance-dir audit --format html --output report.html', 'one page for the browser'],
      [
        '$0 report --input declaration.json --connect --review --format csv --output review.csv',
        'a sheet on which each owner decides who keeps what',
      ],
      [
        '$0 report --input declaration.json --connect --review --signed review.csv',
        'which decisions are not carried out yet?',
      ],
    ],
  },
} as const satisfies Record<string, CommandText>
