# The shortest call: two logins on one database. Passwords are in secrets made elsewhere, under their default ids.
data "aws_db_instance" "main" {
  db_instance_identifier = var.db_instance_identifier
}

module "databases" {
  source = "../.."

  environment      = "dev"
  instance         = { host = data.aws_db_instance.main.address, port = data.aws_db_instance.main.port }
  admin_secret_id  = "platform/dev/rds/provisioner"
  master_secret_id = data.aws_db_instance.main.master_user_secret[0].secret_arn

  application_databases = {
    keycloak = {}
    reports  = { database_name = "keycloak_dev_db", access_level = "reader" }
  }
}
