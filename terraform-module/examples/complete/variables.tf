variable "environment" {
  description = "dev, test, staging or prod."
  type        = string
  default     = "dev"
}

variable "region" {
  description = "Region of everything here."
  type        = string
  default     = "eu-central-1"
}

variable "db_subnet_group_name" {
  description = "Subnets that the machine running Terraform can reach."
  type        = string
  default     = "databases"
}

variable "vpc_security_group_ids" {
  description = "Let the runner and the applications in on port 5432."
  type        = list(string)
  default     = []
}

variable "password_version" {
  description = "A higher number gives every login a new password."
  type        = number
  default     = 1
}

locals {
  application_databases = {
    keycloak  = {}
    backstage = { can_create_databases = true }
    analytics = { extensions = ["pgcrypto"], schemas = ["public", "mart"], cleanup_policy = "snapshot-and-delete" }
    analytics_reader = {
      database_name = "analytics_${var.environment}_db"
      username      = "analytics_${var.environment}_reader"
      access_level  = "reader"
    }
  }

  # Login name by secret: the applications' and the delegated admin's.
  logins = merge(
    { for app, entry in local.application_databases : "platform/${var.environment}/${app}/postgres" => try(entry.username, "${app}_${var.environment}_user") },
    { "platform/${var.environment}/rds/provisioner" = "platform_provisioner" },
  )
}
