/** Writes lines until its reader is gone, then says how that looked and ends by itself. */
import { createOutput } from '../../../src/audit/output.ts'

const output = createOutput(process.stdout)
let count = 0
const timer = setInterval(() => {
  if (output.failure() === null) return output.write(`line ${count++}\n`)
  clearInterval(timer)
  const failure = output.failure()
  process.stderr.write(`failure ${failure !== null && 'code' in failure ? String(failure.code) : ''}\n`)
}, 5)
