/**
 * A switch and an exit: the only file that touches arguments, environment and exit. The code of a command is imported
 * once it is known: `--help` and the removals that Terraform starts one by one should not load what they do not use.
 *
 * In a Lambda function the same file is imported by AWS's runtime, and does nothing but export its handlers
 * (src/README.md: The function).
 */
import { realpathSync } from 'node:fs'
import { isatty } from 'node:tty'
import { fileURLToPath } from 'node:url'
import { createOutput } from './audit/output.ts'
import { print } from './cli/output.ts'
import { reportProblems } from './cli/problems.ts'
import type { CommandProcess } from './cli/process.ts'
import { EXIT, type ExitCode, ProvisionError } from './errors.ts'
import { awsCorrections, readEnvironment } from './input/environment.ts'
import { parseOptions } from './input/options.ts'
import type { FunctionProcess, Handle } from './lambda/function/handler.ts'
import { toStreamHandler } from './lambda/function/stream.ts'
import type { Rotate } from './lambda/rotation/rotator.ts'
import type { WatchServer } from './lambda/watch.ts'
import { TOOL_VERSION } from './version.ts'

// The SDK in the bundle is the one that was tested: what later ones will require concerns nobody who runs this one.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true'
for (const [name, value] of awsCorrections(process.env)) {
  if (value === null) Reflect.deleteProperty(process.env, name)
  else process.env[name] = value
}

/** For output that is still under way. */
const LINGER_MS = 2_000

/** For a run to end in order once something was thrown where nobody waits for it. */
const CRASH_LIMIT_MS = 30_000

/** A program that Lambda starts, or that a function starts by name, is the command; what its runtime imports is not. */
const isImported = process.env['AWS_LAMBDA_RUNTIME_API'] !== undefined && !isOwnScript()

function isOwnScript(): boolean {
  try {
    return realpathSync(process.argv[1] ?? '') === realpathSync(fileURLToPath(import.meta.url))
  } catch {
    return false
  }
}

let loaded: Promise<Handle> | null = null

/** One for the sandbox. */
function loadHandle(): Promise<Handle> {
  loaded ??= import('./lambda/function/handler.ts').then(({ createHandler }) => createHandler(ownProcess()))
  return loaded
}

/** The function's handler, `rds-provision.handler`. */
export const handler = toStreamHandler(globalThis, loadHandle)

let rotator: Promise<Rotate> | null = null

function loadRotate(): Promise<Rotate> {
  rotator ??= import('./lambda/rotation/rotator.ts').then(({ createRotator }) => createRotator(ownProcess()))
  return rotator
}

/** The handler of a rotation function, `rds-provision.rotate`. */
export const rotate: Rotate = async (event, invocation) => (await loadRotate())(event, invocation)

let watcher: Promise<WatchServer> | null = null

function loadWatch(): Promise<WatchServer> {
  watcher ??= import('./lambda/watch.ts').then(({ createWatch }) => createWatch(ownProcess()))
  return watcher
}

/** The handler of a function on a schedule, `rds-provision.watch`. */
export const watch: WatchServer = async (event, invocation) => (await loadWatch())(event, invocation)

function ownProcess(): FunctionProcess {
  return { variables: process.env, log: createOutput(process.stdout).write }
}

/** By what Lambda was told to call. https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html */
function loadOwn(): Promise<unknown> {
  const [name] = (process.env['_HANDLER'] ?? '').split('.').slice(-1)
  return name === 'rotate' ? loadRotate() : name === 'watch' ? loadWatch() : loadHandle()
}

/** From the first moment on: a signal during start-up has its audit too. */
function openProcess(): CommandProcess {
  return {
    variables: process.env,
    cwd: () => process.cwd(),
    parentPid: process.ppid,
    // Of a file or a pipe it is undefined, whatever its type says.
    isTerminal: isatty(process.stdout.fd),
    input: () => process.stdin,
    output: createOutput(process.stdout),
    errors: createOutput(process.stderr),
    interrupt: interruptOnSignals(),
  }
}

/**
 * Aborted by the first signal; the second one ends the process at once. Also by what is thrown where nobody waits for
 * it, with the error as its reason: the run then ends in order and writes its audit, which tells it as a defect.
 */
function interruptOnSignals(): AbortSignal {
  const controller = new AbortController()
  const stop = (signal: NodeJS.Signals): void => {
    if (controller.signal.aborted) process.exit(EXIT.failed)
    controller.abort(`received ${signal}`)
  }
  process.on('uncaughtException', (error) => {
    if (controller.signal.aborted) process.stderr.write(`also: ${String(error)}\n`)
    else {
      // No unref: the process must not end before the run has.
      setTimeout(() => {
        process.stderr.write(`${String(error)}: the run did not end by itself, and has no audit.\n`)
        process.exit(EXIT.failed)
      }, CRASH_LIMIT_MS)
      controller.abort(error)
    }
  })
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  // A file that grows over the limit of the process (`ulimit -f`) is EFBIG to who writes it. signal-exit, which the
  // lock of the governance files loads, would end the process instead, unless somebody else listens.
  process.on('SIGXFSZ', () => undefined)
  return controller.signal
}

async function main(commandProcess: CommandProcess): Promise<ExitCode> {
  const options = parseOptions(process.argv.slice(2))
  switch (options.command) {
    case 'help':
      await print(commandProcess, options.text)
      return EXIT.done
    case 'version':
      await print(commandProcess, `${TOOL_VERSION}\n`)
      return EXIT.done
    case 'apply':
    case 'prepare-upgrade':
      return (await import('./cli/apply.ts')).runApply(commandProcess, options, readEnvironment(process.env))
    case 'plan':
      return (await import('./cli/plan.ts')).runPlan(commandProcess, options, readEnvironment(process.env))
    case 'generate':
      return (await import('./cli/generate.ts')).runGenerate(commandProcess, options, readEnvironment(process.env))
    case 'report':
      return (await import('./cli/report.ts')).runReport(commandProcess, options, readEnvironment(process.env))
    case 'destroy':
      return (await import('./cli/destroy.ts')).runDestroy(commandProcess, options, readEnvironment(process.env))
  }
}

async function runCommand(commandProcess: CommandProcess): Promise<void> {
  try {
    process.exitCode = await main(commandProcess)
  } catch (error) {
    const { toProvisionError } = await import('./run/end/provision-error.ts')
    const told = error instanceof ProvisionError ? error : toProvisionError(error)
    await reportProblems(commandProcess, process.argv[2] ?? '', told)
    process.exitCode = told.exitCode
  }
  if (commandProcess.interrupt.reason instanceof Error && process.exitCode === EXIT.done) {
    process.stderr.write(`${String(commandProcess.interrupt.reason)}: thrown when the run was done.\n`)
    process.exitCode = EXIT.failed
  }
  // What an interrupt leaves behind (a call to AWS, a connection being made) is not waited for; nor is what does not
  // end by itself, such as a credential_process that hangs.
  if (commandProcess.interrupt.aborted) process.exit()
  setTimeout(() => {
    process.exit()
  }, LINGER_MS).unref()
}

// A sandbox that starts has more of a processor than a function that runs.
if (isImported) await loadOwn()
else await runCommand(openProcess())
