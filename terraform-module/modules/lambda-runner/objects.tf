# The variables that are objects, with their defaults and types.

locals {
  database = var.database == null ? null : {
    security_group_id = tostring(try(tostring(var.database.security_group_id), null))
    port              = tonumber(try(var.database.port == null ? 5432 : tonumber(var.database.port), 5432))
  }
  # Without commands all of them are permitted.
  permits = [
    for permit in var.permits : {
      for field, value in permit : field => value == null ? null : [for text in value : tostring(text)] if value != null
    }
  ]
  rotation = var.rotation == null ? null : {
    secret_arns       = [for arn in var.rotation.secret_arns : tostring(arn)]
    admin_secret_arn  = tostring(try(tostring(var.rotation.admin_secret_arn), null))
    alternating_users = try(var.rotation.alternating_users, null) == null ? [] : [for app in var.rotation.alternating_users : tostring(app)]
  }
  watch = var.watch == null ? null : {
    schedule            = tostring(try(var.watch.schedule == null ? "rate(1 day)" : tostring(var.watch.schedule), "rate(1 day)"))
    expires_within_days = tonumber(try(var.watch.expires_within_days == null ? 14 : tonumber(var.watch.expires_within_days), 14))
  }
}
