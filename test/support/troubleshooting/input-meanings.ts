import type { InputCode } from '../../../src/model/problem.ts'
import { invalidInput, entry, type Meaning } from './meaning.ts'

export const INPUT_MEANINGS: Readonly<Record<InputCode, Meaning>> = {
  usage: entry(
    invalidInput,
    ['… is not an option.', '… is not a command.', 'has no value.', 'names nothing to remove.'],
    'The command line is not as the program expects it.',
    'See `--help`, or the guide [Command line](docs/command-line.md).',
  ),
  missing_input: entry(
    invalidInput,
    ['is missing.'],
    'There is no declaration.',
    'Give `--input FILE`, or set `RDS_PROVISION_INPUT`.',
  ),
  unreadable_input: entry(
    invalidInput,
    ['is not JSON', 'is empty.', 'cannot be read: ….', "is a message of Terraform's and no output of it."],
    'The declaration cannot be read.',
    'Give JSON, or base64gzip(jsonencode(…)) of it, in a readable file.',
  ),
  unknown_at_plan: entry(
    invalidInput,
    ['… has what is known only after the apply: ….'],
    'The saved plan makes what the declaration speaks of, an instance for example: there is no server to look at yet.',
    'Apply without a plan of the server: `ALLOW_DB_PROVISION=true` approves it.',
  ),
  missing_value: entry(
    invalidInput,
    ['is missing.'],
    'A field that has no default is not there.',
    'The message says what to give.',
  ),
  invalid_value: entry(
    invalidInput,
    ['… is not accepted.', 'is declared twice, in different case.', 'the default … is longer than 63 bytes.'],
    'A field, an option or a variable of the environment has a value that it cannot have.',
    'The message says what it can be: see [Fields of an entry](docs/fields.md).',
  ),
  unknown_field: entry(
    invalidInput,
    ['is not a known field.'],
    'A field is misspelled, or stands in the wrong place.',
    'The message names the nearest one that is known.',
  ),
  misplaced_field: entry(
    invalidInput,
    ['describes the database, which belongs to ….'],
    'The field is about the database, so it stands in the entry of its owner.',
    "Move it to the owner's entry.",
  ),
  no_owner: entry(
    invalidInput,
    ['the database … has no owner.'],
    'Entries that share a database need one among them that owns it.',
    'Give one of them `access_level = "owner"`, or correct `database_name`; where its owner was taken out, take them out too.',
  ),
  several_owners: entry(
    invalidInput,
    ['the database … has … owners: ….'],
    'A database has one owner.',
    'Keep one, and give the others another level, or a `database_name` of their own.',
  ),
  shared_login: entry(
    invalidInput,
    ['… is the login of several applications: ….'],
    'Each entry is a login of its own.',
    'Give each its own `username`.',
  ),
  missing_build_id: entry(
    invalidInput,
    ['is missing, and the environment is ….'],
    'Outside of dev everything has to be traceable to a build.',
    'Set `build_id`, or run where a CI system numbers its builds: see [Pipelines and approval](docs/pipelines.md).',
  ),
  invalid_ca_file: entry(
    invalidInput,
    ['… cannot be used: ….'],
    'The certificates of the authority cannot be read.',
    'Give the path of a readable PEM file in `tls.ca_file` or `PGSSLROOTCERT`.',
  ),
  unreadable_folder: entry(
    invalidInput,
    ['cannot be read: ….'],
    'A folder named on the command line cannot be read.',
    'Give the path of a folder that rds-provision wrote to.',
  ),
  unusable_sheet: entry(
    invalidInput,
    [
      'is a sheet of … (line …).',
      'line …: … is no decision.',
      'line …: … is no id of a line.',
      'line …: its id is not that of …, which stands beside it.',
    ],
    'The sheet of an access review that came back cannot be taken: it is of another stack, or a line of it is not as it was.',
    'Mend the lines that are named, or make a new sheet. See [Access review](docs/audit-and-reports.md#access-review).',
  ),
  no_place_for_audit: entry(
    invalidInput,
    ['… cannot be written: …; nothing was changed.'],
    'A run that could not say what it did changes nothing: before the first change, the places of its audit are tried with 1 MiB each.',
    'Give a folder that can be written to in `audit_dir`, `governance_dir` or `--audit-file`, and room on its disk; look at `ulimit -f` too. A device such as `/dev/null` is written to; a named pipe, a socket or `/dev/stdout` is refused: `RDS_PROVISION_LOG=json` prints the audit.',
  ),
  other_protocol: entry(
    invalidInput,
    ['the function speaks protocol …, the caller ….', 'the function (release …) cannot read the request: ….'],
    'The module, or the command, and its Lambda function are of releases that do not understand each other.',
    'The message says which of the two to update.',
  ),
  request_too_large: entry(
    invalidInput,
    ['the request is larger than the 6 MB that a Lambda function takes.'],
    'A declaration of some hundred thousand applications, or as long an audit in a report.',
    'Split the applications into two module calls with different `stack` values.',
  ),
}
