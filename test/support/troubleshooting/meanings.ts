/** What each kind of problem means, and the exit code that it ends with. Messages and remedies come from the sources. */
import { EXIT } from '../../../src/errors.ts'
import type { FailureKind } from '../../../src/server/failure.ts'

export interface Meaning {
  readonly exit: number
  readonly meaning: string
}

const { failed, invalidInput, blocked, secret, connection } = EXIT

export const EXIT_MEANINGS: Readonly<Record<keyof typeof EXIT, string>> = {
  done: 'Done; of `plan`: made, whether or not there is something to change.',
  failed:
    'Something failed while applying, `report --verify` found something wrong, or a plan or report could not be printed.',
  changes: '`plan --detailed-exitcode` found something to change.',
  invalidInput: 'The declaration, an option or the environment of the run cannot be used. Nothing was read or changed.',
  blocked: 'A guardrail stands in the way. Nothing was changed.',
  secret: 'A secret or another AWS call failed.',
  connection: 'The server cannot be reached, trusted or logged in to.',
}

/** By the guardrail or field that the message names. */
export const BY_FIELD: Readonly<Record<string, Meaning>> = {
  approval: { exit: blocked, meaning: 'Outside of dev somebody has to approve a run, in its environment.' },
  'owner mismatch': {
    exit: blocked,
    meaning: "The database is somebody else's; taking it over is a person's decision.",
  },
  'unmanaged role': { exit: blocked, meaning: 'A role of this name is there already, made by somebody else.' },
  'foreign claim': { exit: blocked, meaning: 'Another stack, environment or application has this role.' },
  'missing right': { exit: blocked, meaning: 'The delegated admin lacks a right that only the master can give.' },
  'privileged role': {
    exit: blocked,
    meaning: 'A role that may do more than an application should is not taken over.',
  },
  'invalid database': {
    exit: blocked,
    meaning: 'A DROP DATABASE was interrupted; PostgreSQL lets nobody in any more.',
  },
  'reserved names': {
    exit: blocked,
    meaning: 'The name belongs to the server, to Amazon RDS, to the admin or to the master.',
  },
  naming: { exit: blocked, meaning: '`enforce_naming` is on.' },
  endpoint: { exit: blocked, meaning: 'Roles and databases can only be made on the writer itself.' },
  extension: {
    exit: blocked,
    meaning: 'The extension is not there, or is not trusted, so that only a superuser could install it.',
  },
  setting: { exit: blocked, meaning: 'The server does not let this parameter be set for a role.' },
  immutable: { exit: blocked, meaning: 'Encoding and locale are fixed when a database is created.' },
  encoding: { exit: blocked, meaning: 'The server has no such encoding.' },
  schema: { exit: blocked, meaning: "The schema is somebody else's." },
  IAM: { exit: blocked, meaning: 'IAM logins have needs of their own (see docs/rotation-and-iam.md).' },
  destroy: { exit: blocked, meaning: 'A removal would take what it must not, or could not be done whole.' },
  snapshot: { exit: secret, meaning: 'Amazon RDS did not make the snapshot; without it nothing is dropped.' },
  lock: { exit: failed, meaning: 'One run at a time changes an instance.' },
  run: { exit: failed, meaning: 'The run ended before it was done; the next one goes on from there.' },
  instance: { exit: connection, meaning: 'The server could not be reached, or the connection broke.' },
  'audit file': { exit: failed, meaning: 'The run is done, its audit could not be kept.' },
  governance_dir: { exit: failed, meaning: 'The run is done, the governance folder could not be written.' },
  'standard output': { exit: failed, meaning: 'The plan or the report could not be printed whole.' },
  input: { exit: invalidInput, meaning: 'There is no declaration, or it cannot be read.' },
  build_id: { exit: invalidInput, meaning: 'Outside of dev everything has to be traceable to a build.' },
  command: { exit: invalidInput, meaning: 'The program does not know this command.' },
  report: { exit: invalidInput, meaning: 'A report needs audit files or a server.' },
}

/** Where the input, a secret's id or a step decides what the message names: by the file that says it. */
export const BY_FILE: readonly (readonly [RegExp, Meaning])[] = [
  [
    /^input\/(?:options|report-options|command-line)\.ts$/,
    { exit: invalidInput, meaning: 'The command line is not as the program expects it.' },
  ],
  [
    /^input\/environment\.ts$/,
    { exit: invalidInput, meaning: 'A variable of the environment has a value that is not known.' },
  ],
  [/^input\//, { exit: invalidInput, meaning: 'A field of the declaration is not as it should be.' }],
  [
    /^report\/|^run\/start\.ts$/,
    { exit: invalidInput, meaning: 'A file or folder named on the command line cannot be used.' },
  ],
  [
    /^secrets\/|^run\/bootstrap\.ts$/,
    { exit: secret, meaning: "A secret is missing, not readable, not in the expected form, or somebody else's." },
  ],
  [/^server\/tls\.ts$/, { exit: invalidInput, meaning: 'The certificates of the authority cannot be read.' }],
  [
    /^guardrails\/problem\.ts$/,
    { exit: blocked, meaning: 'The delegated admin lacks a right that only the master can give.' },
  ],
  [/^run\/(?:assess|converge)\.ts$/, { exit: failed, meaning: 'The server refused a step, or something undid it.' }],
]

/** Why a connection cannot be made; all end with exit 6. */
export const BY_FAILURE: Readonly<Record<FailureKind, string>> = {
  unreachable: 'No name, no route, nobody there, or no answer in time. Waited for up to `connect_timeout`.',
  starting: 'The server is starting, stopping or recovering. Waited for up to `connect_timeout`.',
  full: "All of the server's connections are taken. Waited for up to `connect_timeout`.",
  tls: 'The certificate is not trusted, has expired, or is for another host; the message says which.',
  no_tls: 'The server offers no TLS.',
  wrong_password: 'The server refuses the password, or does not know the login: it does not tell the two apart.',
  other_method: 'The server wants something else than a password for this login.',
  after_authentication: 'The password is right, and the server still lets this login not in.',
  refused: 'The server lets nobody in who comes like this.',
}
