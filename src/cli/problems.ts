import { annotateProblems, isGithubActions } from '../audit/github.ts'
import { printableJson } from '../audit/json-lines.ts'
import { oneLine } from '../audit/one-line.ts'
import { describeProblem, type ProvisionError } from '../errors.ts'
import { jobSummaryWriter } from './output.ts'
import type { CommandProcess } from './process.ts'

/**
 * Tells on standard error what ended a command that has no audit, and on GitHub's pages where it runs there.
 * @param command as it was typed.
 */
export async function reportProblems(
  { variables, errors }: CommandProcess,
  command: string,
  { problems }: ProvisionError,
): Promise<void> {
  const isJson = variables['RDS_PROVISION_LOG'] === 'json'
  for (const problem of problems) {
    const line = isJson ? printableJson({ type: 'problem', ...problem }) : oneLine(describeProblem(problem))
    errors.write(`${line}\n`)
  }
  if (!isGithubActions(variables)) return
  const { problemsSummary } = await import('../audit/job-summary.ts')
  annotateProblems(problems, errors)
  jobSummaryWriter(variables)(problemsSummary(command, problems))
}
