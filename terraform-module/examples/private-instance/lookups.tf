# What is there already: the instance's security group, and the secrets.
data "aws_security_group" "database" {
  id = data.aws_db_instance.main.vpc_security_groups[0]
}

data "aws_secretsmanager_secret" "all" {
  for_each = toset(["platform/${var.environment}/rds/provisioner", "platform/${var.environment}/keycloak/postgres"])

  name = each.key
}
