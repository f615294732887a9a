# What comes from the audit speaks of the last successful run: after a failed one it still shows the one before. The others
# are known at plan, and Terraform stores the root's copy of such values even if the run fails.

output "audit" {
  description = "Audit of the last successful run, decoded; null before the first."
  value       = jsondecode(local.audit_json)
}

output "audit_json" {
  description = "The same as JSON text, as the script wrote it; null before the first."
  value       = local.audit_json == "null" ? null : local.audit_json
}

output "audit_file" {
  description = "Path of that audit on the runner that ran it."
  value       = "${local.audit_dir}/${local.stored_audit.run}.json"
}

output "changed" {
  description = "Whether that run changed anything in the instance."
  # In the text, since decoding it takes seconds where it is large. Quotes inside of its strings have a backslash before them.
  value = can(regex("\"outcome\": ?\"changed\"", local.audit_json))
}

locals {
  # Before Terraform 1.8 nobody can ask whether a value is sensitive, and nonsensitive() refuses one that is not.
  audit_json   = try(nonsensitive(local.stored_audit.json), local.stored_audit.json)
  stored_audit = try(terraform_data.large_audit[0].triggers_replace, null_resource.audit.triggers)
}

output "claim" {
  description = "Id of this state, which stands in the tag of everything that it manages: what `--claim` of a run by hand is given, and what `terraform import` gives back to a state that was lost."
  value       = terraform_data.stack.id
}

output "declaration" {
  description = "What is declared, with every default: what the script gets, without the ids of state, build and run. Known at plan as far as its values are."
  value       = local.readable_input
}

output "declaration_json" {
  description = "The same as JSON text, for `rds-provision plan --input -` and `report --connect --input -`."
  value       = jsonencode(local.readable_input)
}

output "provision_id" {
  description = "Id of the last provisioning, unknown while one is pending: what `modules/drift` is given."
  value       = null_resource.provision.id
}

output "databases" {
  description = "Where each application connects: `database` (null where it has none), `username`, `access_level`, `secret_id`, `host`, `port`. Known at plan; who uses it waits for the provisioning."
  value = {
    for app, entry in local.applications : app => {
      database     = entry.database_name
      username     = entry.username
      access_level = entry.access_level
      secret_id    = entry.secret_id
      host         = local.instance.host
      port         = local.instance.port
    }
  }
  depends_on = [null_resource.provision]
}

output "proxy_auth" {
  description = "For each application that logs in by password what an `auth` block of `aws_db_proxy` needs. `secret_arn` is null where `secret_id` is a name: look its ARN up with the data source `aws_secretsmanager_secret`."
  value = {
    for app, entry in local.applications : app => {
      auth_scheme               = "SECRETS"
      client_password_auth_type = "POSTGRES_SCRAM_SHA_256"
      iam_auth                  = "DISABLED"
      secret_arn                = startswith(entry.secret_id, "arn:") ? entry.secret_id : null
      secret_id                 = entry.secret_id
      username                  = entry.username
    } if local.login_entry[app] == app && try(entry.auth, "password") == "password" && try(tobool(entry.can_login), true)
  }
  depends_on = [null_resource.provision]
}
