import type { Readable } from 'node:stream'

/** 64 MiB, as of every input. */
const MOST_BYTES = 64 * 1024 * 1024

/** @returns all of it as UTF-8. @throws RangeError where it is larger than 64 MiB */
export async function readAll(stream: Readable): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of stream) {
    const buffer = Buffer.from(chunk)
    bytes += buffer.length
    if (bytes > MOST_BYTES) throw new RangeError('it is larger than 64 MiB')
    chunks.push(buffer)
  }
  return Buffer.concat(chunks).toString('utf8')
}
