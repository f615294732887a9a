# `terraform test` in terraform-module: what is refused at plan. Needs the null provider only; nothing is run.
# The messages themselves are held by test/terraform/module.

variables {
  environment           = "dev"
  instance              = { host = "orders.example.internal" }
  admin_secret_id       = "platform/dev/rds/provisioner"
  application_databases = { keycloak = {} }
}

run "accepts_the_defaults" {
  command = plan
}

run "refuses_an_unknown_environment" {
  command = plan
  variables { environment = "qa" }
  expect_failures = [var.environment]
}

run "refuses_an_endpoint_with_its_port" {
  command = plan
  variables { instance = { host = "orders.example.internal:5432" } }
  expect_failures = [var.instance]
}

run "refuses_a_misspelled_attribute_of_the_instance" {
  command = plan
  variables { instance = { host = "orders.example.internal", identifer = "orders" } }
  expect_failures = [var.instance]
}

run "refuses_a_file_of_authorities_that_is_not_there" {
  command = plan
  variables { tls = { ca_file = "nowhere/ca.pem" } }
  expect_failures = [null_resource.provision]
}

run "refuses_applications_that_are_no_objects" {
  command = plan
  variables { application_databases = { keycloak = null } }
  expect_failures = [var.application_databases]
}

run "refuses_a_key_off_the_pattern" {
  command = plan
  variables { application_databases = { "Key Cloak" = {} } }
  expect_failures = [var.application_databases]
}

run "refuses_a_misspelled_field" {
  command = plan
  variables { application_databases = { keycloak = { acces_level = "reader" } } }
  expect_failures = [null_resource.provision]
}

run "refuses_a_wrong_type" {
  command = plan
  variables { application_databases = { keycloak = { can_create_databases = "yes" } } }
  expect_failures = [null_resource.provision]
}

run "refuses_a_name_of_64_bytes_in_32_characters" {
  command = plan
  variables { application_databases = { keycloak = { username = "éééééééééééééééééééééééééééééééé" } } }
  expect_failures = [null_resource.provision]
}

run "accepts_a_name_of_62_bytes_in_31_characters" {
  command = plan
  variables { application_databases = { keycloak = { username = "ééééééééééééééééééééééééééééééé" } } }
}

run "refuses_a_reserved_name" {
  command = plan
  variables { application_databases = { keycloak = { database_name = "rds_x" } } }
  expect_failures = [null_resource.provision]
}

run "refuses_two_owners_of_one_database" {
  command = plan
  variables { application_databases = { a = { database_name = "x" }, b = { database_name = "x" } } }
  expect_failures = [null_resource.provision]
}

run "refuses_a_database_without_an_owner" {
  command = plan
  variables { application_databases = { a = { access_level = "reader" } } }
  expect_failures = [null_resource.provision]
}

run "refuses_one_username_twice" {
  command = plan
  variables { application_databases = { a = { username = "x" }, b = { username = "x" } } }
  expect_failures = [null_resource.provision]
}

run "refuses_a_time_without_an_offset" {
  command = plan
  variables { application_databases = { a = { valid_until = "2030-01-31T00:00:00" } } }
  expect_failures = [null_resource.provision]
}

run "refuses_a_password_login_without_a_secret" {
  command = plan
  variables { admin_secret_id = null }
  expect_failures = [null_resource.provision]
}

run "refuses_a_plain_connection_over_the_network" {
  command = plan
  variables { tls = { mode = "disable" } }
  expect_failures = [null_resource.provision]
}

run "refuses_a_proxy" {
  command = plan
  variables { instance = { host = "orders.proxy-abc123.eu-west-1.rds.amazonaws.com" } }
  expect_failures = [var.instance]
}

run "refuses_a_schema_of_the_server" {
  command = plan
  variables { application_databases = { keycloak = { schemas = ["public", "pg_temp"] } } }
  expect_failures = [null_resource.provision]
}

run "refuses_the_admin_as_its_own_master" {
  command = plan
  variables { master_secret_id = "platform/dev/rds/provisioner" }
  expect_failures = [null_resource.provision]
}
