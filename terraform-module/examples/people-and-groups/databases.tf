# People log in by IAM and get their rights from groups. Who leaves is taken out of `people`: the login is closed by the
# next apply. An expiry closes it in the first run after that moment.
data "aws_db_instance" "main" {
  db_instance_identifier = var.db_instance_identifier
}

locals {
  people = {
    anna = { groups = ["analysts"] }
    ben  = { groups = ["analysts", "operators"], valid_until = "2035-06-30T22:00:00Z" }
  }
}

module "databases" {
  source = "../.."

  environment      = "dev"
  instance         = { host = data.aws_db_instance.main.address, port = data.aws_db_instance.main.port }
  admin_auth       = "iam" # from PostgreSQL 16 on an admin with a password cannot make IAM logins
  master_secret_id = data.aws_db_instance.main.master_user_secret[0].secret_arn

  application_databases = merge(
    {
      shop      = {}
      analysts  = { database_of = "shop", access_level = "reader", can_login = false }
      operators = { database_of = "shop", access_level = "editor", can_login = false }
    },
    {
      for name, person in local.people : name => {
        database_of  = "shop"
        access_level = "none"
        auth         = "iam"
        member_of    = person.groups
        valid_until  = try(person.valid_until, null)
      }
    },
  )
}
