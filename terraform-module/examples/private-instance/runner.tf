# The function, and what it is told of: whom it believes, and which secrets it may read.
module "runner" {
  source = "../../modules/lambda-runner"

  vpc_id     = data.aws_security_group.database.vpc_id
  subnet_ids = var.subnet_ids
  database   = { security_group_id = data.aws_security_group.database.id, port = data.aws_db_instance.main.port }

  permits = [{
    environments = [var.environment]
    stacks       = ["${var.db_instance_identifier}/*"]
    instances    = ["${data.aws_db_instance.main.address}:${data.aws_db_instance.main.port}"]
    callers      = [var.deployer_arn]
  }]
  secret_arns = [for secret in data.aws_secretsmanager_secret.all : secret.arn]
  endpoints   = ["secretsmanager", "sts"]
}

output "invoke_policy_json" {
  description = "For the role that runs Terraform."
  value       = module.runner.invoke_policy_json
}

# What is there already: the instance's security group, and the secrets.
data "aws_security_group" "database" {
  id = data.aws_db_instance.main.vpc_security_groups[0]
}

data "aws_secretsmanager_secret" "all" {
  for_each = toset(["platform/${var.environment}/rds/provisioner", "platform/${var.environment}/keycloak/postgres"])

  name = each.key
}
