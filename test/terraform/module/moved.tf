moved {
  from = module.databases.terraform_data.application["backstage"]
  to   = module.databases.terraform_data.application["portal"]
}
