# One application with one login, and a database for each of its tenants. Nobody logs in as the owner of a tenant's
# database, so the login may do there what its entry says and nothing more.
data "aws_db_instance" "main" {
  db_instance_identifier = var.db_instance_identifier
}

locals {
  tenants = [for number in range(1, 51) : format("tenant_%02d", number)]
}

module "databases" {
  source = "../.."

  environment      = "dev"
  instance         = { host = data.aws_db_instance.main.address, port = data.aws_db_instance.main.port }
  admin_secret_id  = "platform/dev/rds/provisioner"
  master_secret_id = data.aws_db_instance.main.master_user_secret[0].secret_arn

  application_databases = merge(
    { shop = { access_level = "none", connection_limit = 100 } },
    { for tenant in local.tenants : tenant => { can_login = false } },
    { for tenant in local.tenants : "shop_${tenant}" => { login_of = "shop", database_of = tenant, access_level = "editor" } },
  )
}
