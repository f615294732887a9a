/** A process of its own that records runs: `writer.ts <dir> <name> <runs>`. */
import { writeGovernance } from '../../../../src/audit/governance/write.ts'
import { documentOf } from '../sample.ts'

const [dir = '', name = '', runs = '0'] = process.argv.slice(2)
for (let run = 0; run < Number(runs); run += 1) {
  const document = documentOf([{ message: `${name}\n`.repeat(50) }, {}], { runId: `${name}-${run}` })
  const { problem } = await writeGovernance({ dir, document, matrix: null })
  if (problem !== null) throw new Error(problem.message)
}
