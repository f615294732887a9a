/** The guide's example of the library; compiled here, so that it stays true. */
import { randomUUID } from 'node:crypto'
import { apply, awsDependencies, type AuditDocument, concludeRun, parseDeclaration, resolveRun } from 'rds-provision'

/** Runs one declaration, `input` as JSON text, and gives its audit. Throws InvalidInputError for an input that cannot be used. */
export async function provision(input: string, buildId: string, auditPath: string): Promise<AuditDocument> {
  const { declaration } = parseDeclaration(input)
  const startedAt = new Date()
  const run = resolveRun({
    command: 'apply',
    environment: declaration.environment,
    declared: { buildId, runId: null },
    variables: { allowProvision: false, buildId: null, runId: null },
    ci: { buildId: null, runId: null },
    startedAt,
    uuid: randomUUID(),
    toolVersion: 'my-lambda',
    inputSha256: '',
    needsBuildId: true,
  })
  const result = await apply(declaration, run, {
    ...awsDependencies,
    now: () => new Date(),
    signal: AbortSignal.timeout(600_000),
    sinks: [],
    progress: () => undefined,
    defaultCaFile: null,
  })
  const fallback = { write: (text: string) => process.stdout.write(text), insideTerraform: false }
  return concludeRun({ ...result, auditPath, governance: null, reporters: [], fallback })
}
