terraform {
  required_version = ">= 1.5" # check blocks

  required_providers {
    external = {
      source  = "hashicorp/external"
      version = ">= 2.0"
    }
  }
}
