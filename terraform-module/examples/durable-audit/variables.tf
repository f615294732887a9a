variable "environment" {
  description = "dev, test, staging or prod."
  type        = string
  default     = "prod"
}

variable "db_instance_identifier" {
  description = "The instance, made elsewhere."
  type        = string
  default     = "shared-prod"
}

variable "audit_bucket" {
  description = "Name of the bucket that keeps the audit."
  type        = string
  default     = "example-database-audit"
}

variable "retention_days" {
  description = "How long nobody may delete an audit, and how long its log is kept."
  type        = number
  default     = 2192 # six years
}
