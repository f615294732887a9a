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
