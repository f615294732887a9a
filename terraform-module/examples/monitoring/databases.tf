# A login for an exporter: it sees statistics, settings and sizes of the whole server, and no row of any table.
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
    shop       = {}
    monitoring = { access_level = "none", member_of = ["pg_monitor"], connection_limit = 5 }
  }
}
