# `terraform test` in terraform-module: what a plan shows. Needs the null provider only; nothing is run.

# These ids are unknown before the first apply: the claim stands in every marker, the others in triggers, and the oldest
# null provider does not know a map of which it does not know one value. During a plan from Terraform 1.11 on.
override_resource {
  target          = terraform_data.stack
  override_during = plan
  values          = { id = "0c9a4e0e-3f0a-4d3b-9a53-2f1f1c6d7a10" }
}

override_resource {
  target          = terraform_data.application
  override_during = plan
  values          = { id = "1d9a4e0e-3f0a-4d3b-9a53-2f1f1c6d7a11" }
}

override_resource {
  target          = terraform_data.declaration
  override_during = plan
  values          = { id = "2e9a4e0e-3f0a-4d3b-9a53-2f1f1c6d7a12" }
}

variables {
  environment     = "dev"
  instance        = { host = "orders.cluster.example.internal", port = 5433, resource_id = "db-1" }
  admin_secret_id = "platform/dev/rds/provisioner"
  build_id        = "build-1"
  application_databases = {
    key-cloak        = {}
    analytics        = { schemas = ["public", "mart"], cleanup_policy = "delete" }
    analytics_reader = { database_name = "analytics_dev_db", username = "analytics_dev_reader", access_level = "reader" }
    reports          = { auth = "iam" }
  }
}

run "one_marker_for_each_application" {
  command = plan

  assert {
    condition     = join(" ", sort(keys(terraform_data.application))) == "analytics analytics_reader key-cloak reports"
    error_message = "Each key has one terraform_data.application."
  }
  assert {
    condition     = startswith(terraform_data.application["analytics"].input, "DROPS analytics_dev_db, login analytics_dev_user | node | ")
    error_message = "A marker begins with what its removal does."
  }
  assert {
    condition     = startswith(terraform_data.application["key-cloak"].input, "KEEPS key_cloak_dev_db, login key_cloak_dev_user | ")
    error_message = "An owner is kept by default."
  }
  assert {
    condition     = startswith(terraform_data.application["analytics_reader"].input, "DISABLES login analytics_dev_reader of analytics_dev_db | ")
    error_message = "A guest is disabled by default."
  }
  assert {
    condition     = jsondecode(base64decode(split(" | ", terraform_data.application["analytics"].input)[3])).analytics.cleanup_policy == "delete"
    error_message = "The marker carries the policy of its application."
  }
  assert {
    condition     = !can(regex("build-1", jsonencode([for marker in terraform_data.application : marker.input])))
    error_message = "No marker carries the build id."
  }
}

run "default_names" {
  command = plan

  assert {
    condition = output.databases["key-cloak"] == {
      database     = "key_cloak_dev_db"
      username     = "key_cloak_dev_user"
      access_level = "owner"
      secret_id    = "platform/dev/key-cloak/postgres"
      host         = "orders.cluster.example.internal"
      port         = 5433
    }
    error_message = "Default names turn - into _; the secret keeps the key."
  }
  assert {
    condition     = output.databases["analytics_reader"].database == output.databases["analytics"].database
    error_message = "A second login shares the database."
  }
}

run "triggers" {
  command = plan

  assert {
    condition     = join(" ", sort(keys(null_resource.provision.triggers))) == "claim declaration instance markers script secret_versions"
    error_message = "What makes the provisioning run again stands in keys of its own."
  }
  assert {
    condition     = null_resource.provision.triggers.instance == "orders.cluster.example.internal:5433/db-1"
    error_message = "The instance is readable in its trigger."
  }
}

run "what_people_read" {
  command = plan

  assert {
    condition     = terraform_data.declaration.triggers_replace["analytics_reader"].is == "reader of analytics_dev_db as analytics_dev_reader"
    error_message = "Each entry says what it is."
  }
  assert {
    condition     = output.declaration_json == jsonencode(output.declaration)
    error_message = "The declaration is known at plan, as an object and as JSON."
  }
  assert {
    condition     = !can(regex("build-1|0c9a4e0e", output.declaration_json)) && !contains(keys(output.declaration), "claim")
    error_message = "No id of a build or a state stands in what is declared."
  }
}

run "a_proxy_gets_password_logins_only" {
  command = plan

  assert {
    condition     = join(" ", sort(keys(output.proxy_auth))) == "analytics analytics_reader key-cloak"
    error_message = "IAM applications need no secret at the proxy."
  }
}
