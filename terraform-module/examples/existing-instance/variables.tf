variable "environment" {
  description = "dev, test, staging or prod."
  type        = string
  default     = "staging"
}

variable "db_instance_identifier" {
  description = "The instance, made elsewhere."
  type        = string
  default     = "shared-staging"
}
