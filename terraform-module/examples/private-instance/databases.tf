# A private instance: a function inside its VPC does the runs, and Terraform needs no way to it.
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
  runner          = module.runner.runner

  application_databases = {
    keycloak = {}
  }
}

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
