/** A function of a release that knows no `generate`: it says what a plan would do, as `tell` asks for. */
export const handler = globalThis.awslambda.streamifyResponse(async (_event, stream) => {
  const told = { type: 'told', text: '{}', document: null, summary: '', blocked: [], changes: 0 }
  stream.write(`${JSON.stringify(told)}\n`)
  await new Promise((resolve) => stream.end(resolve))
})
