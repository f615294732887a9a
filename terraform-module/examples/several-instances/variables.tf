variable "environment" {
  description = "dev, test, staging or prod."
  type        = string
  default     = "dev"
}

# Taking an instance from this map runs the removals of its applications. Taking the module block out would not.
locals {
  instances = {
    orders-dev  = { keycloak = {}, orders = { connection_limit = 50 } }
    reports-dev = { reports = { extensions = ["pg_trgm"] } }
  }
}
