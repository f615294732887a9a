# Aurora Serverless v2, which sleeps when nobody is there: the run wakes it, and waits for it.
resource "aws_rds_cluster" "main" {
  cluster_identifier = "orders-${var.environment}"
  engine             = "aurora-postgresql"
  engine_mode        = "provisioned"
  engine_version     = "16.4"
  storage_encrypted  = true

  db_subnet_group_name   = var.db_subnet_group_name
  vpc_security_group_ids = var.vpc_security_group_ids

  serverlessv2_scaling_configuration {
    min_capacity             = 0
    max_capacity             = 4
    seconds_until_auto_pause = 600
  }

  # RDS makes and keeps the master's password. The module reads it once, to make the delegated admin.
  master_username             = "dbmaster"
  manage_master_user_password = true

  backup_retention_period   = 7
  deletion_protection       = var.environment == "prod"
  skip_final_snapshot       = var.environment != "prod"
  final_snapshot_identifier = "orders-${var.environment}-final"
}

resource "aws_rds_cluster_instance" "main" {
  identifier         = "orders-${var.environment}-1"
  cluster_identifier = aws_rds_cluster.main.id
  engine             = aws_rds_cluster.main.engine
  engine_version     = aws_rds_cluster.main.engine_version
  instance_class     = "db.serverless"
}
