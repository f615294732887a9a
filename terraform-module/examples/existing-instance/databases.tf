# An instance that people already use, with secrets made elsewhere under their default ids.
data "aws_db_instance" "main" {
  db_instance_identifier = var.db_instance_identifier
}

module "databases" {
  source = "../.."

  environment = var.environment
  instance = {
    host        = data.aws_db_instance.main.address
    port        = data.aws_db_instance.main.port
    identifier  = var.db_instance_identifier
    resource_id = data.aws_db_instance.main.resource_id
  }
  admin_secret_id = "platform/${var.environment}/rds/provisioner"

  application_databases = {
    keycloak = {
      database_name  = "keycloak" # as it is called today
      username       = "keycloak"
      adopt_existing = true # its role has no tag of ours yet
    }
    reports = { settings = { statement_timeout = "30s", search_path = ["app", "public"] }, schemas = ["app"] }
  }

  # Secrets rotate outside of this configuration: check the passwords at every apply.
  always_run = true
}

output "databases" {
  description = "Where each application connects."
  value       = module.databases.databases
}
