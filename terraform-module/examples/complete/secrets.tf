# Ephemeral values and write-only arguments: Terraform sends the passwords to Secrets Manager and stores them nowhere. A
# new one is made at every run, and is written only when `password_version` changes.
ephemeral "random_password" "login" {
  for_each = local.logins
  length   = 32
}

resource "aws_secretsmanager_secret" "login" {
  for_each = local.logins
  name     = each.key
}

resource "aws_secretsmanager_secret_version" "login" {
  for_each  = local.logins
  secret_id = aws_secretsmanager_secret.login[each.key].id

  secret_string_wo = jsonencode({
    engine   = "postgres"
    username = each.value
    password = ephemeral.random_password.login[each.key].result
  })
  secret_string_wo_version = var.password_version
}
