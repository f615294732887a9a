/** Writes lines until its reader is gone, then says how that looked and ends by itself. */
import { createOutput } from '../../../src/audit/output.ts'

const output = createOutput(process.stdout)
let count = 0
const timer = setInterval(() => {
  const failure = output.failure()
  if (failure === null) {
    output.write(`line ${count++}\n`)
    return
  }
  clearInterval(timer)
  process.stderr.write(`failure ${'code' in failure ? String(failure.code) : ''}\n`)
}, 5)
