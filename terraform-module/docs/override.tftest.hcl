# Of a root that calls the module as `databases`: nothing of the module is run, and its outputs are these.
override_module {
  target = module.databases
  outputs = {
    databases = {
      keycloak = { database = "keycloak", username = "keycloak", access_level = "owner", secret_id = "a", host = "b", port = 5432 }
    }
  }
}

run "where_keycloak_connects" {
  assert {
    condition     = output.databases["keycloak"].database == "keycloak"
    error_message = "The root passes on what the module says."
  }
}
