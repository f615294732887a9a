variable "db_instance_identifier" {
  description = "The instance, made elsewhere."
  type        = string
  default     = "orders-dev"
}
