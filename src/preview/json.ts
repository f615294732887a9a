import { countPlan, listChanges, type Preview } from './preview.ts'

/**
 * `plan --json`: one JSON object with fixed fields, which only gain members while `format_version` stays 1. `changes`
 * are in the order in which they would run, with the fields of the audit's records; `findings` need no change;
 * `effects` are what `digest` approves, by rule; `blocked_by` stands in the way of the apply where it is `stopped`,
 * else of single applications; `approval` is what it needs in addition, or null; `uncertain` says in sentences why the
 * apply may come to something else.
 */
export function previewJson(preview: Preview): string {
  const { declaration, identity, server, plan, effects, digest, blocked, leftOut, stopped, approval, moving } = preview
  const { identifier, host, port } = declaration.instance
  const document = {
    format_version: 1,
    tool_version: identity.toolVersion,
    run_id: identity.runId,
    build_id: identity.buildId,
    input_sha256: identity.inputSha256,
    environment: declaration.environment,
    stack: declaration.stack,
    cluster_name: declaration.clusterName,
    instance: { identifier, host, port },
    server_version: server?.versionText ?? null,
    changes: listChanges(plan),
    findings: plan.findings.map(({ application, database, username, object, action, status, message, standing }) => ({
      application,
      database,
      username,
      object,
      action,
      status,
      message,
      ...(standing !== undefined && { standing }),
    })),
    effects,
    digest,
    blocked_by: blocked,
    stopped,
    left_out: leftOut,
    approval,
    uncertain: moving,
    summary: { ...countPlan(plan), blocked: blocked.length },
  }
  return `${JSON.stringify(document, null, 2)}\n`
}
