# What an application needs to connect, without its password: it reads that from the secret. The parameters wait for the
# provisioning, because the output does.
resource "aws_ssm_parameter" "connection" {
  for_each = module.databases.databases

  name  = "/${var.environment}/${each.key}/postgres"
  type  = "String"
  value = jsonencode(each.value)
}

output "databases" {
  description = "Where each application connects."
  value       = module.databases.databases
}

output "audit_file" {
  description = "The audit of the last successful run."
  value       = module.databases.audit_file
}
