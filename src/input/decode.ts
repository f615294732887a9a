import { gunzipSync } from 'node:zlib'
import { InvalidInputError } from '../errors.ts'

/** 64 MiB of JSON: three hundred times what 1,000 applications take, and nothing that a process cannot hold. */
export const MOST_BYTES = 64 * 1024 * 1024

/** Base64 of gzip's magic number and its only method, 1f 8b 08 (RFC 1952 section 2.3.1). */
const GZIP_IN_BASE64 = 'H4sI'

/**
 * How Terraform and OpenTofu draw a warning or an error, on a terminal or not: where there is no output, they print one
 * on standard output and exit 0.
 */
const DIAGNOSTIC = /^(?:\x1b\[[0-9;]*m)*[╷│]/

/** What a marker of the module holds: words for people, the program, the way to the server, its entries. */
const MARKER = / \| [^|]+ \| (H4sI[A-Za-z0-9+/]+=*) \| ([A-Za-z0-9+/]+=*)$/

/**
 * Decodes the script's input: JSON as it is, Terraform's `base64gzip(jsonencode(…))` of it, or a marker's text. Gives
 * the JSON text, not parsed. Throws InvalidInputError where it is empty, damaged or larger than 64 MiB.
 */
export function decodeInput(raw: string): string {
  const text = raw.replace(/^\uFEFF/, '').trim()
  if (text === '') throw refusal('is empty.')
  if (DIAGNOSTIC.test(text)) throw refusal("is a message of Terraform's and no output of it.", BEFORE_FIRST_APPLY)
  const [, way, entries] = MARKER.exec(text) ?? []
  return way === undefined || entries === undefined ? decodeWhole(text) : joinMarker(way, entries)
}

/** The way is an object without entries. */
function joinMarker(way: string, entries: string): string {
  const [common, own] = [parseJson(decodeWhole(way)), parseJson(Buffer.from(entries, 'base64').toString('utf8'))]
  if (typeof common !== 'object' || common === null) throw refusal('is a marker without a way to the server.')
  return JSON.stringify({ ...common, application_databases: own })
}

function decodeWhole(text: string): string {
  if (!text.startsWith(GZIP_IN_BASE64)) {
    if (Buffer.byteLength(text) > MOST_BYTES) throw refusal('is larger than 64 MiB.')
    return text
  }
  if (!/^[A-Za-z0-9+/\s]+=*$/.test(text)) throw refusal('is not base64.')
  try {
    const bytes = gunzipSync(Buffer.from(text, 'base64'), { maxOutputLength: MOST_BYTES })
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    throw refusal(describeInput(error), GIVE_JSON, error)
  }
}

function describeInput(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : null
  if (code === 'ERR_BUFFER_TOO_LARGE') return 'is larger than 64 MiB once decompressed.'
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return 'is not UTF-8 once decompressed.'
  return 'is damaged: gzip cannot decompress it.'
}

const GIVE_JSON = 'Give the JSON itself, or base64gzip(jsonencode(…)) of it, in --input FILE or RDS_PROVISION_INPUT.'

const BEFORE_FIRST_APPLY =
  'Before a first apply there is no output yet: give plan --terraform-plan what `terraform show -json` prints of a ' +
  'saved plan. Later the root module has to pass the declaration on as an output.'

function refusal(message: string, remedy = GIVE_JSON, cause?: unknown): InvalidInputError {
  return new InvalidInputError([{ application: null, code: 'unreadable_input', field: 'input', message, remedy }], {
    cause,
  })
}

/**
 * JSON text to a value. The parser's own message quotes the input, which is not ours to print.
 * @throws InvalidInputError
 */
export function parseJson(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch (error) {
    const position = /at position \d+|end of JSON input/.exec(String(error))?.[0] ?? ''
    const message = `is not JSON${position === '' ? '' : ` (${position})`}.`
    throw new InvalidInputError(
      [
        {
          application: null,
          code: 'unreadable_input',
          field: 'input',
          message,
          remedy: 'Give the JSON object that the Terraform module passes.',
        },
      ],
      { cause: error },
    )
  }
}
