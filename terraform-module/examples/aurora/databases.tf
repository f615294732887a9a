module "databases" {
  source = "../.."

  environment = var.environment
  instance = {
    host        = aws_rds_cluster.main.endpoint # the writer, whichever instance that is
    port        = aws_rds_cluster.main.port
    resource_id = aws_rds_cluster.main.cluster_resource_id

    # The cluster's, since snapshots are made of it as a whole; taken from its instance, so that the run waits for one.
    identifier = aws_rds_cluster_instance.main.cluster_identifier
  }

  admin_secret_id  = "platform/${var.environment}/rds/provisioner"
  master_secret_id = aws_rds_cluster.main.master_user_secret[0].secret_arn
  connect_timeout  = 300 # from 0 capacity units it takes a while

  application_databases = {
    keycloak = { cleanup_policy = "snapshot-and-delete" }
    reports  = { database_of = "keycloak", access_level = "reader" }
  }
}

output "databases" {
  description = "Where each application connects."
  value       = module.databases.databases
}
