/** Schemas of single fields. The message of each is the remedy that its error carries. */
import * as v from 'valibot'
import { CLAIM } from '../model/claim.ts'
import { CLAIM_RULE, NAME_RULE, TEXT_RULE, isName, isPrintable, isText, suggestion } from './text.ts'
import { TIMESTAMP_RULE, parseTimestamp } from './timestamp.ts'

/** Identifier of a role, database, schema or extension. */
export const name = v.pipe(v.string(NAME_RULE), v.check(isName, NAME_RULE))

/** The key of another entry; whether there is one, `src/input/references.ts` tells. */
export const key = v.string('Use the key of an entry.')

/** Text that stands in tags and audit records. */
export const text = v.pipe(v.string(TEXT_RULE), v.check(isText, TEXT_RULE))

/** Id of a state. */
export const claim = v.pipe(v.string(CLAIM_RULE), v.regex(CLAIM, CLAIM_RULE))

/** What Terraform converts to a bool counts as one. */
export const bool = v.pipe(v.unknown(), v.transform(convertBool), v.boolean('Use true or false.'))

function convertBool(value: unknown): unknown {
  if (value === 'true' || value === '1') return true
  return value === 'false' || value === '0' ? false : value
}

const PATH_RULE = 'Use the path of a file or folder.'
export const path = v.pipe(
  v.string(PATH_RULE),
  v.check((value) => value !== '' && isPrintable(value), PATH_RULE),
)

/** Integer within bounds that both sides can hold; what Terraform converts to one counts as one. */
export function integer(least: number, most: number): v.GenericSchema<unknown, number> {
  const within = (value: unknown): boolean =>
    typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most
  return v.pipe(
    v.unknown(),
    v.transform(convertInteger),
    v.custom<number>(within, `Use a whole number from ${least} to ${most}.`),
  )
}

function convertInteger(value: unknown): unknown {
  return typeof value === 'string' && /^-?[0-9]{1,20}$/.test(value) ? Number(value) : value
}

export const port = integer(1, 65535)

/**
 * Seconds that still fit a 32-bit count of milliseconds: the range of lock_timeout (manual, "Client Connection
 * Defaults") and of timers.
 */
export const seconds = integer(1, 2147483)

/** Connection limit of a role or database; -1 is none. Stored as int4 (manual, pg_authid.rolconnlimit). */
export const connectionLimit = integer(-1, 2147483647)

/** One of the words; of another one that is near, the remedy names it. */
export function oneOf<const T extends readonly string[]>(
  words: T,
): v.PicklistSchema<T, (issue: v.PicklistIssue) => string> {
  return v.picklist(words, ({ input }) => `Use one of ${words.join(', ')}.${wordLike(input, words)}`)
}

function wordLike(input: unknown, words: readonly string[]): string {
  return typeof input === 'string' ? suggestion(input, words) : ''
}

/** List of names; repeated ones count once. */
export const names = v.pipe(
  v.array(name, 'Use a list of names.'),
  v.transform((list): readonly string[] => [...new Set(list)]),
)

/** List of texts as a set. */
export const texts = v.pipe(
  v.array(text, 'Use a list of texts.'),
  v.transform((list): ReadonlySet<string> => new Set(list)),
)

/**
 * Characters of a secret's name or ARN, `!` as in RDS's own `rds!db-…` included:
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html (Name),
 * API_GetSecretValue.html (SecretId).
 */
export const secretId = v.pipe(
  v.string('Use the name or ARN of a secret.'),
  v.regex(/^[A-Za-z0-9/_+=.@!:-]{1,2048}$/, 'Use the name or ARN of a secret: letters, digits and / _ + = . @ ! : -.'),
)

const HOST_RULE =
  'Use a host name or address alone, without scheme, port or path (of an aws_db_instance: address, not endpoint).'
/**
 * A name, an IPv4 address, or an IPv6 address, which has two colons at least. Bounded, so that no text takes long to
 * match.
 */
const HOST = /^(?:[A-Za-z0-9_][A-Za-z0-9_.-]{0,252}|(?=[^:]*:[^:]*:)[0-9A-Fa-f:.]{2,45})$/
export const host = v.pipe(v.string(HOST_RULE), v.regex(HOST, HOST_RULE))

const REGION_RULE = 'Use a region such as eu-central-1.'
export const region = v.pipe(v.string(REGION_RULE), v.regex(/^[a-z0-9]+(?:-[a-z0-9]+)+$/, REGION_RULE))

const ROLE_RULE = 'Use the ARN of an IAM role, arn:aws:iam::<account>:role/<name>.'
export const roleArn = v.pipe(
  v.string(ROLE_RULE),
  v.regex(/^arn:[a-z-]+:iam::\d{12}:role\/[\x21-\x7e]{1,512}$/, ROLE_RULE),
)

const ACCOUNT_RULE = 'Use the id of an AWS account, 12 digits.'
export const account = v.pipe(v.string(ACCOUNT_RULE), v.regex(/^\d{12}$/, ACCOUNT_RULE))

const EXTERNAL_ID_RULE = 'Use 2 to 1224 characters: letters, digits and _ + = , . @ : / -.'
/** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html (ExternalId) */
export const externalId = v.pipe(
  v.string(EXTERNAL_ID_RULE),
  v.regex(/^[A-Za-z0-9_+=,.@:/-]{2,1224}$/, EXTERNAL_ID_RULE),
)

/** RFC 3339 text as a Date. */
export const timestamp = v.pipe(
  v.string(TIMESTAMP_RULE),
  v.check((value) => parseTimestamp(value) !== null, TIMESTAMP_RULE),
  v.transform(parseTimestamp),
)

/** A part with a parser of its own. */
export const nested = v.optional(v.unknown())
