#!/usr/bin/env bash
# What action.yml runs, in the folder of the root configuration. Needs terraform and node, and with terraform's setup action
# `terraform_wrapper: false`, since the wrapper adds lines to what terraform prints.
set -euo pipefail

script="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/dist/rds-provision.mjs"

case "$ACTION_COMMAND" in
  plan)
    name=()
    if [[ -n "$ACTION_OUTPUT" ]]; then name=(--terraform-output "$ACTION_OUTPUT"); fi
    terraform show -json "$ACTION_PLAN_FILE" |
      node "$script" plan --terraform-plan - "${name[@]+"${name[@]}"}" --out "$ACTION_OUT"
    digest="$(node -p 'JSON.parse(fs.readFileSync(process.argv[1], "utf8")).digest' "$ACTION_OUT")"
    echo "digest=$digest" >>"$GITHUB_OUTPUT"
    ;;
  drift)
    terraform output -raw "${ACTION_OUTPUT:-declaration_json}" | node "$script" plan --input - --detailed-exitcode
    ;;
  report)
    terraform output -raw "${ACTION_OUTPUT:-declaration_json}" | node "$script" report --input - --connect --verify --audit-dir "$ACTION_AUDIT_DIR"
    ;;
  *)
    echo "command: $ACTION_COMMAND is not one of plan, drift, report." >&2
    exit 3
    ;;
esac
