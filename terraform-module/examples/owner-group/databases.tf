# Nobody logs in as the owner. One login deploys and acts as the owner, so what its migrations make belongs to the owner
# whoever runs them; the application itself reads and writes rows, and can neither make nor drop a table.
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
    shop        = { can_login = false }
    shop_deploy = { database_of = "shop", access_level = "none", acts_as = "shop" }
    shop_app    = { database_of = "shop", access_level = "editor" }
  }
}
