/** The guide's example of the library; compiled and run here, so that it stays true. */
import * as library from 'rds-provision'

/** Applies a declaration, given as JSON text. The audit tells how it went: `run.exit_code` is 0 where all is well. */
export async function provision(input: string, buildId: string, auditPath: string): Promise<library.AuditDocument> {
  const write = (text: string): boolean => process.stdout.write(text)
  const reporters = [library.createTextReporter({ write, colour: false, listUnchanged: false })]
  const dependencies = library.createDependencies({ reporters, signal: AbortSignal.timeout(600_000) })
  const run = await library.start({ command: 'apply', input, buildId })
  const result =
    run.error === null
      ? await library.apply(run.parsed.declaration, run.identity, dependencies)
      : library.endUnusable(run, dependencies)
  return library.concludeRun(result, { auditPath, reporters, fallback: { write, insideTerraform: false } })
}
