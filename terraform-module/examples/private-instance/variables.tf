variable "environment" {
  description = "dev, test, staging or prod."
  type        = string
  default     = "staging"
}

variable "deployer_arn" {
  description = "The IAM role that runs Terraform."
  type        = string
  default     = "arn:aws:iam::123456789012:role/deployer"
}
