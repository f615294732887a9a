# Copy 1: S3 with object lock. The key stays the same and every run adds a version, which nobody can delete or overwrite
# until its retention is over, the account's root user included (mode COMPLIANCE). Before `terraform destroy` take the
# bucket and the object out of the state (terraform state rm): locked versions cannot be removed.
resource "aws_s3_bucket" "audit" {
  bucket              = var.audit_bucket
  object_lock_enabled = true # turns versioning on as well
}

resource "aws_s3_bucket_public_access_block" "audit" {
  bucket                  = aws_s3_bucket.audit.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_object_lock_configuration" "audit" {
  bucket = aws_s3_bucket.audit.id

  rule {
    default_retention {
      mode = "COMPLIANCE"
      days = var.retention_days
    }
  }
}

resource "aws_s3_object" "audit" {
  bucket       = aws_s3_bucket.audit.id
  key          = "${var.environment}/${var.db_instance_identifier}/audit.json"
  content      = module.databases.audit_json
  content_type = "application/json"

  depends_on = [aws_s3_bucket_object_lock_configuration.audit]
}
