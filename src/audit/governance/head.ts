/** The end of a chain, as the audit of a run takes it down: what is cut off later is missed there. */
import { createReadStream } from 'node:fs'
import type { GovernanceHead } from '../../model/audit.ts'
import { hashOf } from './jsonl.ts'

const LF = 0x0a
const CHUNK_BYTES = 1024 * 1024

/**
 * Reads `rds_provision_audit.jsonl` after a run was added. Throws the errors of node:fs.
 * @param hash of the line that was added last
 */
export async function readHead(path: string, hash: string): Promise<GovernanceHead> {
  const chunks: AsyncIterable<Buffer> = createReadStream(path, { highWaterMark: CHUNK_BYTES })
  const first: Buffer[] = []
  let lines = 0
  for await (const chunk of chunks) {
    if (lines === 0) first.push(chunk)
    for (let at = chunk.indexOf(LF); at >= 0; at = chunk.indexOf(LF, at + 1)) lines += 1
  }
  const beginning = Buffer.concat(first)
  return { file: path, chain: hashOf(beginning.toString('utf8', 0, beginning.indexOf(LF))), hash, lines }
}
