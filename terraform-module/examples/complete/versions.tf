terraform {
  # Write-only arguments keep the passwords out of plan and state. Before Terraform 1.11 make the secrets outside of
  # Terraform, and pass their ids.
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.0"
    }
    random = {
      source  = "hashicorp/random"
      version = ">= 3.7"
    }
  }
}

provider "aws" {
  region = var.region
}
