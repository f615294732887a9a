resource "aws_db_instance" "main" {
  identifier     = "orders-${var.environment}"
  engine         = "postgres"
  engine_version = "16"
  instance_class = "db.t4g.medium"

  allocated_storage = 50
  storage_encrypted = true

  db_subnet_group_name   = var.db_subnet_group_name
  vpc_security_group_ids = var.vpc_security_group_ids

  # RDS makes and keeps the master's password. The module reads it once, to make the delegated admin.
  username                    = "dbmaster"
  manage_master_user_password = true

  backup_retention_period   = 7
  deletion_protection       = var.environment == "prod"
  skip_final_snapshot       = var.environment != "prod"
  final_snapshot_identifier = "orders-${var.environment}-final"
}
