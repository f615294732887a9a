/** Lambda's runtime for Node.js, as far as the handler meets it: it imports the code, and hands it one event at a time. */
import { pathToFileURL } from 'node:url'

const [, , file = '', name = 'handler'] = process.argv

globalThis.awslambda = {
  streamifyResponse: (handler) => Object.assign((...given) => handler(...given), { streams: true }),
}
const code = await import(pathToFileURL(file).href)
const handler = code[name]

process.on('message', async ({ event, arn, deadline }) => {
  const context = { invokedFunctionArn: arn, getRemainingTimeInMillis: () => deadline - Date.now() }
  const stream = {
    write: (text) => process.send({ chunk: text }),
    end: (done) => {
      done()
    },
  }
  try {
    if (handler.streams === true) await handler(event, stream, context)
    else process.send({ chunk: JSON.stringify((await handler(event, context)) ?? null) })
    process.send({ end: null })
  } catch (error) {
    process.send({ end: { errorType: error.name, errorMessage: error.message } })
  }
})
process.send({ ready: true })
