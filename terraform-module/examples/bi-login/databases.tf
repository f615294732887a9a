# One login of a BI tool that reads every database of this stack, all schemas of their owners included, those that are
# made later too. It reads nothing in databases of other stacks, as `pg_read_all_data` would let it.
data "aws_db_instance" "main" {
  db_instance_identifier = var.db_instance_identifier
}

locals {
  applications = { shop = {}, orders = {}, billing = { schemas = ["billing"] } }
}

module "databases" {
  source = "../.."

  environment      = "dev"
  instance         = { host = data.aws_db_instance.main.address, port = data.aws_db_instance.main.port }
  admin_secret_id  = "platform/dev/rds/provisioner"
  master_secret_id = data.aws_db_instance.main.master_user_secret[0].secret_arn

  application_databases = merge(
    local.applications,
    { bi = { access_level = "none", connection_limit = 20 } },
    {
      for app in keys(local.applications) : "bi_${app}" => {
        login_of     = "bi"
        database_of  = app
        access_level = "reader"
        schemas      = ["*"]
      }
    },
  )
}
