variable "environment" {
  description = "dev, test, staging or prod."
  type        = string
  default     = "staging"
}

variable "db_instance_identifier" {
  description = "The instance, made elsewhere, which nothing outside of its VPC reaches."
  type        = string
  default     = "shared-staging"
}

variable "subnet_ids" {
  description = "Private subnets of its VPC."
  type        = list(string)
  default     = ["subnet-0123456789abcdef0", "subnet-0fedcba9876543210"]
}

variable "deployer_arn" {
  description = "The IAM role that runs Terraform."
  type        = string
  default     = "arn:aws:iam::123456789012:role/deployer"
}
