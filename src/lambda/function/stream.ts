/** How Lambda's runtime for Node.js calls a function whose answer is a stream. */
import type { Handle, Invocation } from './handler.ts'

/** The runtime's own, as far as it is used: a stream of Node.js. */
interface ResponseStream {
  write(text: string): boolean
  end(callback: () => void): void
}

type StreamHandler = (event: unknown, stream: ResponseStream, invocation: Invocation) => Promise<void>

/**
 * The handler as the runtime wants it, which marks it for streaming:
 * https://docs.aws.amazon.com/lambda/latest/dg/config-rs-write-functions.html
 * @param scope the global object, in which the runtime has put `awslambda`
 */
export function toStreamHandler(scope: object, handle: () => Promise<Handle>): unknown {
  const handler: StreamHandler = async (event, stream, invocation) => {
    const run = await handle()
    await run(event, invocation, (text) => stream.write(text))
    await new Promise<void>((resolve) => {
      stream.end(resolve)
    })
  }
  const streamify = 'awslambda' in scope ? streamifierOf(scope.awslambda) : null
  return streamify === null ? handler : streamify(handler)
}

function streamifierOf(runtime: unknown): ((handler: StreamHandler) => unknown) | null {
  if (typeof runtime !== 'object' || runtime === null || !('streamifyResponse' in runtime)) return null
  const { streamifyResponse } = runtime
  if (typeof streamifyResponse !== 'function') return null
  return (handler): unknown => Reflect.apply(streamifyResponse, runtime, [handler])
}
