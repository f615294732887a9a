data "aws_db_instance" "main" {
  for_each               = local.instances
  db_instance_identifier = each.key
}

module "databases" {
  source   = "../.."
  for_each = local.instances

  environment = var.environment
  instance = {
    host        = data.aws_db_instance.main[each.key].address
    port        = data.aws_db_instance.main[each.key].port
    identifier  = each.key
    resource_id = data.aws_db_instance.main[each.key].resource_id
  }
  admin_secret_id       = "platform/${var.environment}/${each.key}/provisioner"
  application_databases = each.value
}

output "databases" {
  description = "Where each application connects, by instance."
  value       = { for instance, module_call in module.databases : instance => module_call.databases }
}
