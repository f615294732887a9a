resource "aws_db_instance" "main" {
  identifier     = "orders-${var.environment}"
  engine         = "postgres"
  engine_version = "16"
  instance_class = "db.t4g.medium"

  allocated_storage = 50
  storage_encrypted = true

  db_subnet_group_name   = aws_db_subnet_group.isolated.name
  vpc_security_group_ids = [aws_security_group.database.id]
  publicly_accessible    = false

  # RDS makes and keeps the master's password. The function reads it once, to make the delegated admin.
  username                    = "dbmaster"
  manage_master_user_password = true

  backup_retention_period   = 7
  deletion_protection       = true
  final_snapshot_identifier = "orders-${var.environment}-final"
}
