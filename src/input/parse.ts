import * as v from 'valibot'
import { InvalidInputError } from '../errors.ts'
import type { Problem } from '../model/problem.ts'
import { defaultStack } from '../model/claim.ts'
import { AUTH_METHODS, CLEANUP_POLICIES, ENVIRONMENTS, VERIFY_LOGINS } from '../model/declaration.ts'
import type { Declaration } from '../model/declaration.ts'
import { parseEntry } from './application.ts'
import type { Defaults, ApplicationEntry } from './application.ts'
import { groupEntries } from './databases.ts'
import type { InputScope } from './databases.ts'
import { parseJson } from './decode.ts'
import { parseConnectThrough, parseInstance, parseTls } from './endpoints.ts'
import type { Part } from './endpoints.ts'
import {
  account,
  bool,
  claim,
  externalId,
  integer,
  name,
  nested,
  oneOf,
  path,
  region,
  roleArn,
  seconds,
  secretId,
  text,
  texts,
  timestamp,
} from './fields.ts'
import { TOP, isObject, notAnObject, parseObject, printableKey } from './object.ts'
import { followLogins } from './logins.ts'
import { followReferences } from './references.ts'
import { parseRunner } from './runner.ts'
import { requiredProblems } from './required.ts'
import { parseTags } from './tags.ts'

/** What the input says; the ids of the run are no part of the declaration, and may come from elsewhere. */
export interface ParsedInput {
  readonly declaration: Declaration
  readonly buildId: string | null
  readonly runId: string | null
  /** Where destroy runs write their audit (src/README.md: Where the audit goes). */
  readonly auditDir: string | null
  /** Of a state: whether a policy in it removes something when it ends. */
  readonly removes: boolean
  /** Name or ARN of the Lambda function that does the run; null: this process does (src/README.md: The function). */
  readonly runner: string | null
}

/**
 * A declaration that cannot be used, with what could be read of it all the same, so that the audit says what the run
 * was about.
 */
export class DeclarationError extends InvalidInputError {
  /** null: not even environment and instance. Applications whose names are not as declared are left out. */
  readonly readable: ParsedInput | null
  /** A build id is declared, and refused: it is not missing. */
  readonly isBuildIdRefused: boolean

  constructor(problems: readonly Problem[], readable: ParsedInput | null, isBuildIdRefused: boolean) {
    super(problems)
    this.readable = readable
    this.isBuildIdRefused = isBuildIdRefused
  }
}

/**
 * The module's variables by name; those from `audit_dir` to `removes` are what a marker, or the stack, carries besides.
 */
const FIELDS = {
  schema_version: v.nullish(v.literal(1, 'Use 1, or a release of this program that knows this version.')),
  environment: v.nullish(oneOf(ENVIRONMENTS)),
  instance: nested,
  connect_through: nested,
  cluster_name: v.nullish(text),
  stack: v.nullish(text),
  claim: v.nullish(claim, null),
  stack_made_at: v.nullish(timestamp, null),
  accept_tags_from: v.nullish(texts),
  admin_secret_id: v.nullish(secretId, null),
  admin_auth: v.nullish(oneOf(AUTH_METHODS), 'password'),
  admin_username: v.nullish(name, 'platform_provisioner'),
  master_secret_id: v.nullish(secretId, null),
  prepare_major_upgrade: v.nullish(bool, false),
  aws_region: v.nullish(region, null),
  aws_profile: v.nullish(text, null),
  assume_role_arn: v.nullish(roleArn, null),
  external_id: v.nullish(externalId, null),
  expected_account: v.nullish(account, null),
  secret_prefix: v.nullish(secretId, 'platform'),
  build_id: v.nullish(text, null),
  run_id: v.nullish(text, null),
  tags: nested,
  cleanup_policy: v.nullish(oneOf(CLEANUP_POLICIES), null),
  governance_dir: v.nullish(path, null),
  tls: nested,
  max_connections: v.nullish(integer(1, 1000), 4),
  verify_logins: v.nullish(oneOf(VERIFY_LOGINS), 'all'),
  connect_timeout: v.nullish(seconds, 300),
  lock_timeout: v.nullish(seconds, 300),
  enforce_naming: v.nullish(bool, false),
  application_databases: nested,
  audit_dir: v.nullish(path, null),
  node_command: v.nullish(path, null),
  workspace: v.nullish(text, null),
  removes: v.nullish(bool, true),
  runner: nested,
}

type Top = v.InferOutput<v.ObjectSchema<typeof FIELDS, undefined>>

/**
 * Parses the decoded input: untrusted JSON in, a declaration with every default filled in out (src/README.md: The
 * declaration). Throws InvalidInputError with all problems at once.
 */
export function parseDeclaration(json: string, scope: InputScope = 'stack'): ParsedInput {
  const { value: top, problems, broken } = parseObject(FIELDS, parseJson(json), TOP)
  if (top === null) throw new InvalidInputError(problems)
  const declared = declarationOf(top, scope)
  const runner = parseRunner(top.runner)
  const all = [...problems, ...requiredProblems(top, broken), ...declared.problems, ...runner.problems]
  const parsed =
    declared.value === null
      ? null
      : {
          declaration: declared.value,
          buildId: top.build_id,
          runId: top.run_id,
          auditDir: top.audit_dir,
          removes: top.removes,
          runner: runner.value,
        }
  if (all.length === 0 && parsed !== null) return parsed
  const isKnown = (top.environment ?? null) !== null && parsed !== null
  throw new DeclarationError(
    all,
    isKnown ? { ...parsed, declaration: withoutUnclear(parsed.declaration, declared.unclear) } : null,
    broken.has('build_id'),
  )
}

/** An entry whose names could not be read has default names here, which nobody declared. */
function withoutUnclear(declaration: Declaration, unclear: ReadonlySet<string>): Declaration {
  const isClear = ({ name }: { readonly name: string }): boolean => !unclear.has(name)
  return {
    ...declaration,
    applications: declaration.applications.filter(isClear),
    databases: declaration.databases.filter(({ owner }) => isClear(owner)),
  }
}

/** Parses what lies below the top-level fields, whatever those said, so that all errors are found in one go. */
function declarationOf(top: Top, scope: InputScope): Part<Declaration> & { readonly unclear: ReadonlySet<string> } {
  const environment = top.environment ?? 'dev'
  const instance = parseInstance(top.instance)
  const connectThrough = parseConnectThrough(top.connect_through)
  const tls = parseTls(top.tls, connectThrough.value ?? instance.value)
  const tags = parseTags(top.tags, scope)
  const entries = parseEntries(top.application_databases, {
    environment,
    secretPrefix: top.secret_prefix,
    cleanupPolicy: top.cleanup_policy,
  })
  const { applications, databases, problems } = groupEntries(entries.value, scope)
  const all = [instance, connectThrough, tls, tags, entries].flatMap((part) => part.problems).concat(problems)
  const unclear = new Set(
    entries.value.filter(({ comparable }) => !comparable).map(({ application }) => application.name),
  )
  if (instance.value === null || tls.value === null) return { value: null, problems: all, unclear }
  const clusterName = top.cluster_name ?? instance.value.identifier
  const value: Declaration = {
    environment,
    instance: instance.value,
    connectThrough: connectThrough.value,
    clusterName,
    stack: top.stack ?? defaultStack(clusterName, environment, top.workspace),
    claim: top.claim,
    isByHand: false,
    stackMadeAt: top.stack_made_at,
    workspace: top.workspace,
    acceptTagsFrom: top.accept_tags_from ?? new Set(),
    admin: { auth: top.admin_auth, secretId: top.admin_secret_id, username: top.admin_username },
    masterSecretId: top.master_secret_id,
    aws: {
      region: top.aws_region,
      profile: top.aws_profile,
      assumeRoleArn: top.assume_role_arn,
      externalId: top.external_id,
      expectedAccount: top.expected_account,
    },
    prepareMajorUpgrade: top.prepare_major_upgrade,
    tags: tags.tags,
    governanceDir: top.governance_dir,
    tls: tls.value,
    maxConnections: top.max_connections,
    verifyLogins: top.verify_logins,
    connectTimeoutSeconds: top.connect_timeout,
    lockTimeoutSeconds: top.lock_timeout,
    enforceNaming: top.enforce_naming,
    applications,
    databases,
  }
  return { value, problems: all, unclear }
}

/**
 * Parses the map of applications. Read by its own entries only: `__proto__` and `constructor` are keys like others
 * here.
 */
function parseEntries(
  input: unknown,
  defaults: Defaults,
): { readonly value: readonly ApplicationEntry[]; readonly problems: readonly Problem[] } {
  if (input === undefined || input === null) return { value: [], problems: [] }
  if (!isObject(input)) return { value: [], problems: [notAnObject('application_databases', input, null)] }
  const parsed = Object.entries(input).map(([key, entry]) =>
    /^[a-z][a-z0-9_-]*$/.test(key) ? parseEntry(key, entry, defaults) : { entry: null, problems: [keyProblem(key)] },
  )
  const keys = Object.keys(input)
  const own = parsed.flatMap(({ entry }) => (entry === null ? [] : [entry]))
  const inDatabases = followReferences(own, keys)
  const { entries, problems } = followLogins(inDatabases.entries, keys)
  const unread = parsed.flatMap((item) => item.problems)
  return { value: entries, problems: [...unread, ...inDatabases.problems, ...problems] }
}

function keyProblem(key: string): Problem {
  return {
    application: printableKey(key),
    code: 'invalid_value',
    field: 'application_databases',
    message: 'is not a key that an application can have.',
    remedy: 'Use a lower-case letter, then lower-case letters, digits, _ and -.',
  }
}
