variable "environment" {
  description = "dev, test, staging or prod."
  type        = string
  default     = "dev"
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
