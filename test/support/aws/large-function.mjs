/** A function of our protocol whose answer is larger than Lambda gives at once: 7 MB, and then a refusal. */
const ALIVE = `${JSON.stringify({ type: 'alive', padding: 'x'.repeat(65_000) })}\n`
const problem = {
  application: null,
  code: 'not_permitted',
  field: 'runner',
  message: 'the last line.',
  remedy: 'None.',
}
const LAST = { type: 'refused', protocol: 1, tool_version: '1.0.0', exit_code: 4, problems: [problem] }

export const handler = globalThis.awslambda.streamifyResponse(async (_event, stream) => {
  for (let left = 110; left > 0; left -= 1) stream.write(ALIVE)
  stream.write(`${JSON.stringify(LAST)}\n`)
  await new Promise((resolve) => stream.end(resolve))
})
