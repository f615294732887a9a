terraform {
  required_version = ">= 1.4" # terraform_data

  required_providers {
    null = {
      source  = "hashicorp/null"
      version = ">= 2.1.2"
    }
  }
}
