import { gzipSync } from 'node:zlib'
import test from 'ava'
import { decodeInput } from '../../../src/input/decode.ts'
import { problemsOf } from './sample.ts'

const JSON_TEXT = JSON.stringify({ name: 'snow ☃', long: 'x'.repeat(1000) })

/** As Terraform's base64gzip writes it. */
function base64gzip(content: string | Uint8Array): string {
  return gzipSync(content).toString('base64')
}

test('JSON comes back as it is, base64gzip decompressed', (t) => {
  t.is(decodeInput(JSON_TEXT), JSON_TEXT)
  t.is(decodeInput(`\uFEFF ${JSON_TEXT}\n`), JSON_TEXT)
  t.is(decodeInput(base64gzip(JSON_TEXT)), JSON_TEXT)
  t.is(decodeInput(`${base64gzip(JSON_TEXT)}\n`), JSON_TEXT)
})

test('a marker is its way to the server with its own entries', (t) => {
  const way = { stack: 's', application_databases: { other: {} } }
  const marker = (common: unknown, entries: string): string =>
    `words for people | program | ${base64gzip(JSON.stringify(common))} | ${Buffer.from(entries).toString('base64')}`
  t.deepEqual(JSON.parse(decodeInput(marker(way, '{"a":{"username":"é"}}'))), {
    stack: 's',
    application_databases: { a: { username: 'é' } },
  })
  const messageOf = (text: string): string => problemsOf(() => decodeInput(text))[0]?.message ?? ''
  for (const common of [null, 'x', 3]) t.is(messageOf(marker(common, '{}')), 'is a marker without a way to the server.')
  t.regex(
    messageOf(marker(way, '{')),
    /^is not JSON \(.*position 1\b.*\)\.$|^is not JSON \(end of JSON input\)\.$|^is not JSON\.$/,
  )
})

/** `terraform output -raw` before a first apply, on a terminal and off it; and an error of OpenTofu. */
for (const [name, text] of [
  ['coloured', '\n\u001b[33m╷\u001b[0m\u001b[0m\n\u001b[33m│\u001b[0m \u001b[0m\u001b[1mWarning: No outputs found'],
  ['plain', '╷\n│ Warning: No outputs found\n│ \n╵'],
  ['an error', '│ Error: x'],
] as const)
  test(`what Terraform says where it has no output is known as such: ${name}`, (t) => {
    const [problem] = problemsOf(() => decodeInput(text))
    t.is(problem?.message, "is a message of Terraform's and no output of it.")
    t.regex(problem?.remedy ?? '', /--terraform-plan/)
  })

const DAMAGED: readonly (readonly [string, string, RegExp])[] = [
  ['nothing', ' \n', /empty/],
  ['cut off', base64gzip(JSON_TEXT).slice(0, 40), /damaged/],
  ['not base64', `${base64gzip(JSON_TEXT)}?`, /base64/],
  ['not base64 within', base64gzip(JSON_TEXT).replace(/^(.{20})./, '$1!'), /base64/],
  ['too much JSON', `"${'x'.repeat(64 * 1024 * 1024)}"`, /^is larger than 64 MiB\.$/],
  ['flipped', base64gzip(JSON_TEXT).replace(/.{8}$/, 'AAAAAAAA'), /damaged/],
  ['not UTF-8', base64gzip(new Uint8Array([0x22, 0xff, 0x22])), /UTF-8/],
  ['a bomb', base64gzip(new Uint8Array(65 * 1024 * 1024)), /64 MiB/],
]
for (const [name, input, message] of DAMAGED) {
  test(`refused: ${name}`, (t) => {
    const [problem] = problemsOf(() => decodeInput(input))
    t.is(problem?.field, 'input')
    t.regex(problem?.message ?? '', message)
  })
}
