/**
 * The rotation function: Secrets Manager's four steps for the logins of one declaration (src/README.md: The functions
 * by themselves). Whatever keeps a step from being done is thrown, since that is how Secrets Manager learns of it.
 */
import { createJsonLinesReporter, printableJson } from '../../audit/json-lines.ts'
import { describeProblem } from '../../errors.ts'
import { readAwsEnvironment } from '../../input/aws-environment.ts'
import type { Variables } from '../../input/environment.ts'
import type { Problem } from '../../model/problem.ts'
import { createDependencies } from '../../run/dependencies.ts'
import type { Dependencies } from '../../run/context.ts'
import { toProvisionError } from '../../run/end/provision-error.ts'
import { recordRun } from '../../run/end/record-run.ts'
import { openRotatingSecret } from '../../secrets/rotating-secret.ts'
import { placeOfFunction } from '../caller.ts'
import type { FunctionProcess, Invocation } from '../function/handler.ts'
import { limitTime, ownCaFile } from '../own-process.ts'
import { beginOwnRun } from '../own-run.ts'
import { loginOfSecret, parseRotationEvent } from './event.ts'
import { runStep } from './steps.ts'

/** Applications whose login and clone take turns, separated by commas; `*`: all. */
export const ALTERNATING_VARIABLE = 'RDS_PROVISION_ALTERNATING_USERS'

/** @throws Error whose message says what kept the step from being done */
export type Rotate = (event: unknown, invocation: Invocation) => Promise<null>

export function createRotator(functionProcess: FunctionProcess): Rotate {
  return async (event, invocation) => {
    const problems = await rotate(event, invocation, functionProcess).catch((error: unknown) => {
      const { problems: all } = toProvisionError(error)
      for (const problem of all) functionProcess.log(`${printableJson({ type: 'problem', ...problem })}\n`)
      return all
    })
    if (problems.length > 0) throw new Error(problems.map(describeProblem).join('\n'))
    return null
  }
}

/** @returns what kept the step from being done; @throws ProvisionError where it was not begun */
async function rotate(
  given: unknown,
  invocation: Invocation,
  { variables, log }: FunctionProcess,
): Promise<readonly Problem[]> {
  const event = parseRotationEvent(given)
  const place = placeOfFunction(invocation.invokedFunctionArn)
  if (place === null) throw new TypeError(`this is the ARN of no function: ${invocation.invokedFunctionArn}`)
  const { declaration: declared, identity } = await beginOwnRun(variables, 'rotate', event.versionId)
  const application = loginOfSecret(declared, place, event.secretArn)
  const time = limitTime(invocation.getRemainingTimeInMillis())
  const reporter = createJsonLinesReporter({ write: log, insideTerraform: false })
  const environment = readAwsEnvironment(variables)
  const dependencies: Dependencies = {
    ...createDependencies({
      reporters: [reporter],
      signal: time.signal,
      defaultCaFile: ownCaFile(variables),
      awsEnvironment: environment,
    }),
    actor: () => Promise.reject(new TypeError('a rotation asks nobody who runs it')),
  }
  // Who waits for longer than the function may run waits in vain: Secrets Manager tries the step again.
  const declaration = {
    ...declared,
    lockTimeoutSeconds: Math.min(declared.lockTimeoutSeconds, time.seconds),
    connectTimeoutSeconds: Math.min(declared.connectTimeoutSeconds, time.seconds),
  }
  const bare = { ...declaration, applications: [], databases: [] }
  const access = { region: place.region, profile: null, assumeRoleArn: null, externalId: null, environment }
  const secret = await openRotatingSecret(event.secretArn, access)
  const alternates = isAlternating(variables, application.name)
  try {
    const options = { declaration, identity, dependencies, concerned: bare, recordsOf: () => [] }
    const { document, problems } = await recordRun(options, async (recorder) => {
      await runStep({ event, secret, alternates, declaration, identity, dependencies, recorder, application })
      return { value: null, setbacks: null }
    })
    reporter.finish(document, problems, [])
    return problems
  } finally {
    secret.close()
    time.end()
  }
}

function isAlternating(variables: Variables, application: string): boolean {
  const names = (variables[ALTERNATING_VARIABLE] ?? '').split(',')
  return names.includes('*') || names.includes(application)
}
