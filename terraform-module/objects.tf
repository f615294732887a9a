# The variables that are objects, as all else reads them: with their defaults, and with the types that `any` does not
# give. Attributes are asked for one by one, so that one known only after apply makes none of the others unknown.

locals {
  instance = {
    host        = tostring(try(tostring(var.instance.host), null))
    port        = tonumber(try(var.instance.port == null ? 5432 : tonumber(var.instance.port), 5432))
    database    = tostring(try(var.instance.database == null ? "postgres" : tostring(var.instance.database), "postgres"))
    identifier  = tostring(try(tostring(var.instance.identifier), null))
    resource_id = tostring(try(tostring(var.instance.resource_id), null))
  }
  connect_through = var.connect_through == null ? null : {
    host = tostring(try(tostring(var.connect_through.host), null))
    port = tonumber(try(var.connect_through.port == null ? 5432 : tonumber(var.connect_through.port), 5432))
  }
  tls = {
    mode        = tostring(try(var.tls.mode == null ? "verify-full" : tostring(var.tls.mode), "verify-full"))
    ca_file     = tostring(try(tostring(var.tls.ca_file), null))
    server_name = tostring(try(tostring(var.tls.server_name), null))
  }
  runner = var.runner == null ? null : { function = tostring(try(tostring(var.runner.function), null)) }
}
