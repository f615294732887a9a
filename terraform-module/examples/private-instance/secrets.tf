# Secrets made elsewhere, under their default ids; the first passwords are in them.
data "aws_secretsmanager_secret" "provisioner" {
  name = "platform/${var.environment}/rds/provisioner"
}

data "aws_secretsmanager_secret" "login" {
  for_each = toset(["keycloak"])

  name = "platform/${var.environment}/${each.key}/postgres"
}

# Waits for the provisioning: a login that is not there yet cannot be rotated.
resource "aws_secretsmanager_secret_rotation" "login" {
  for_each = data.aws_secretsmanager_secret.login

  secret_id           = each.value.id
  rotation_lambda_arn = module.runner.rotation_function_arn

  rotation_rules {
    automatically_after_days = 30
  }

  depends_on = [module.databases]
}
