/**
 * A runtime for Node.js that the Runtime Interface Emulator starts: it asks for one event after another.
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const api = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation`

globalThis.awslambda = {
  streamifyResponse: (handler) => Object.assign((...given) => handler(...given), { streams: true }),
}
const [file = '', name = ''] = (process.env._HANDLER ?? '').split('.')
const code = await import(pathToFileURL(join(process.env.LAMBDA_TASK_ROOT ?? '', `${file}.mjs`)).href)

async function answer(event, context) {
  const handler = code[name]
  if (handler.streams !== true) return JSON.stringify((await handler(event, context)) ?? null)
  let text = ''
  const stream = {
    write: (part) => {
      text += part
      return true
    },
    end: (done) => {
      done()
    },
  }
  await handler(event, stream, context)
  return text
}

for (;;) {
  const next = await fetch(`${api}/next`)
  const id = next.headers.get('lambda-runtime-aws-request-id')
  const deadline = Number(next.headers.get('lambda-runtime-deadline-ms'))
  const context = {
    invokedFunctionArn: next.headers.get('lambda-runtime-invoked-function-arn'),
    getRemainingTimeInMillis: () => deadline - Date.now(),
  }
  try {
    await fetch(`${api}/${id}/response`, { method: 'POST', body: await answer(await next.json(), context) })
  } catch (error) {
    const body = JSON.stringify({ errorType: error.name, errorMessage: error.message })
    await fetch(`${api}/${id}/error`, { method: 'POST', body })
  }
}
