# Drift: what an apply of the same declaration would change, since somebody changed the server by hand. It is told as a
# warning of each plan, and plans nothing: `terraform apply -replace=module.<name>.null_resource.provision` puts it right.
#
# The data source stands outside of the check: one inside is read again during each apply, so no plan would be empty. Its
# program exits 0 whatever happens, so that a server that is away is a warning too.
data "external" "plan" {
  program = [var.node_command, "${path.module}/../../dist/rds-provision.mjs", "plan", "--external"]
  query   = { declaration = var.declaration_json, after = var.provision_id }
}

check "drift" {
  assert {
    condition = data.external.plan.result.differs == "false"
    error_message = join("\n", [
      data.external.plan.result.differs == "true" ? "The server is not as it was provisioned:" : "Nobody could look for drift:",
      data.external.plan.result.lines,
    ])
  }
}
