removed {
  from = module.databases.terraform_data.application
  lifecycle {
    destroy = true
  }
  provisioner "local-exec" {
    when        = destroy
    interpreter = ["node", "terraform-module/dist/rds-provision.mjs", "destroy", "--request", "--marker", self.id, "--application"]
    command     = each.key
    environment = { RDS_PROVISION_INPUT = self.output }
  }
}

removed {
  from = module.databases.terraform_data.stack
  lifecycle {
    destroy = true
  }
  provisioner "local-exec" {
    when        = destroy
    interpreter = ["node", "terraform-module/dist/rds-provision.mjs", "destroy", "--requested", "--claim"]
    command     = self.id
    environment = { RDS_PROVISION_INPUT = self.output }
  }
}
