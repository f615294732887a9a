module "databases" {
  source = "../.."

  environment = var.environment
  instance = {
    host        = aws_db_instance.main.address
    port        = aws_db_instance.main.port
    identifier  = aws_db_instance.main.identifier
    resource_id = aws_db_instance.main.resource_id
  }
  admin_secret_id  = "platform/${var.environment}/rds/provisioner"
  master_secret_id = aws_db_instance.main.master_user_secret[0].secret_arn
  runner           = module.runner.runner

  application_databases = {
    keycloak = {}
  }
}
