# What the script gets. All of it is computed once; what is evaluated for each application (for_each) goes over the map of
# JSON strings `markers`, since planning 1,000 of them over an expression takes ten times as long.

locals {
  audit_dir    = coalesce(var.audit_dir, "${path.root}/.rds-provision/audit")
  identifier   = coalesce(local.instance.identifier, split(".", local.instance.host)[0])
  cluster_name = coalesce(var.cluster_name, local.identifier)
  # Workspaces are states of their own, so they do not share a name by default.
  stack_name = coalesce(var.stack, join("/", concat(
    [local.cluster_name, var.environment],
    terraform.workspace == "default" ? [] : [terraform.workspace],
  )))

  # The entries as declared, nulls left out, with the defaults that need the module's variables. A field of the wrong type
  # is passed over here and reported in checks.tf. `secret_id` stays out of the condition: an ARN known only after apply
  # would make the whole entry unknown. No reference to a whole map inside of try(): it looks through all of it each time.
  applications = {
    for app, entry in var.application_databases : app => merge(
      { for field, value in entry : field => value if field == "secret_id" || field == "database_of" ? false : value != null },
      {
        database_name = (
          local.named_databases[coalesce(local.database_of[app], app)] == null ? local.own_databases[app]
          : local.named_databases[coalesce(local.database_of[app], app)]
        )
        username     = local.own_usernames[local.login_entry[app]]
        secret_id    = local.own_secret_ids[local.login_entry[app]]
        access_level = try(entry.access_level == null ? "owner" : tostring(entry.access_level), "owner")
        # Whoever uses another's login has nothing to keep or drop, and loses its access.
        cleanup_policy = local.login_entry[app] != app ? "disable" : try(
          [for policy in [tostring(entry.cleanup_policy)] : policy if policy != null][0],
          coalesce(var.cleanup_policy),
          try(entry.access_level == null ? "owner" : tostring(entry.access_level), "owner") == "owner" ? "retain" : "disable",
        )
      },
    )
  }

  # `database_of` becomes the name of that entry's database. Each map is indexed by keys that it has for certain: try()
  # would look through all of it.
  database_of = { for app, entry in var.application_databases : app => try(tostring(entry.database_of), null) }
  own_databases = {
    for app, entry in var.application_databases : app => (
      try(entry.database_name, null) != null ? try(tostring(entry.database_name), "${replace(app, "-", "_")}_${var.environment}_db")
      : try(entry.access_level, null) == "none" && try(entry.database_of, null) == null ? null
      : "${replace(app, "-", "_")}_${var.environment}_db"
    )
  }
  named_databases = merge(
    { for named in toset([for named in values(local.database_of) : named if named != null]) : named => null },
    local.own_databases,
  )

  # What is wanted in the instance, and as whom. A change of it runs the provisioning again.
  declaration = merge({
    schema_version   = 1
    environment      = var.environment
    cluster_name     = local.cluster_name
    stack            = local.stack_name
    accept_tags_from = var.accept_tags_from
    admin_secret_id  = var.admin_secret_id
    admin_auth       = var.admin_auth
    admin_username   = var.admin_username
    master_secret_id = var.master_secret_id
    aws_region       = var.aws_region
    assume_role_arn  = var.assume_role_arn
    secret_prefix    = var.secret_prefix
    tags             = var.tags
    cleanup_policy   = var.cleanup_policy
    enforce_naming   = var.enforce_naming
    # Absent unless it is set, so that it runs nothing again where nobody sets it.
  }, { for field, value in { prepare_major_upgrade = true } : field => value if var.prepare_major_upgrade })

  # How a run gets there and where it reports. No reason to run again: a run that failed for it is tainted anyway.
  conditions = {
    aws_profile      = var.aws_profile
    external_id      = var.external_id
    expected_account = var.expected_account
    instance = merge(
      { for field in setsubtract(keys(local.instance), ["host", "identifier"]) : field => local.instance[field] if local.instance[field] != null },
      { host = local.instance.host, identifier = local.identifier },
    )
    connect_through = local.connect_through
    runner          = local.runner
    governance_dir  = var.governance_dir
    tls             = { for field, value in local.tls : field => value if value != null }
    max_connections = var.max_connections
    verify_logins   = var.verify_logins == "all" ? null : var.verify_logins
    connect_timeout = var.connect_timeout
    lock_timeout    = var.lock_timeout
  }

  # What is known only after the apply, such as the host of an instance that it makes, would make all of this unknown if
  # it were compared with null. What is never null stands outside of what is filtered.
  never_null = {
    cluster_name = local.declaration.cluster_name
    stack        = local.declaration.stack
    instance     = local.conditions.instance
  }
  nullable = merge(local.declaration, local.conditions)
  common = merge({
    for field in setsubtract(keys(local.nullable), keys(local.never_null)) : field => local.nullable[field]
    if local.nullable[field] != null
  }, local.never_null)

  # base64gzip, because Linux caps one environment variable at 128 KiB (execve(2), MAX_ARG_STRLEN) and 1,000 applications
  # are more than that as they stand. The ids of the run are here and in no trigger: a new build alone plans nothing.
  #
  # Claim and markers are unknown in a first plan. They stand outside of what is filtered, which would be unknown as a
  # whole; and what is too large has to fail in that plan, so it is measured with ids of the same length.
  run_ids = { for field, value in { build_id = var.build_id, run_id = var.run_id } : field => value if value != null }
  input = base64gzip(jsonencode(merge(local.common, local.run_ids, {
    workspace     = terraform.workspace
    claim         = terraform_data.stack.id
    stack_made_at = terraform_data.stack.triggers_replace
    application_databases = {
      for app, entry in local.applications : app => merge(entry, { marker = local.marker_ids[app] })
    }
  })))
  # With -refresh-only the markers are still those of before.
  marker_ids = merge(
    { for app in keys(local.applications) : app => null },
    { for app, marker in terraform_data.application : app => marker.id },
  )
  # Windows caps one variable, its name included, at 32,767 characters, and has drives at the beginning of its paths.
  # https://learn.microsoft.com/windows/win32/procthread/environment-variables
  is_windows       = can(regex("^([A-Za-z]:|//|\\\\)", abspath(path.root)))
  most_input_bytes = (local.is_windows ? 32767 : 131072) - length("RDS_PROVISION_INPUT=") - 1

  input_bytes = length(base64gzip(jsonencode(merge(local.common, local.run_ids, {
    workspace     = terraform.workspace
    claim         = uuidv5("dns", "claim.invalid")
    stack_made_at = "2000-01-01T00:00:00Z"
    application_databases = {
      for app, entry in local.applications : app => merge(entry, { marker = uuidv5("dns", app) })
    }
  }))))

  # What people and programs read: no ids, so that it is known as early as it can be, and no build changes it.
  readable_input = merge(local.common, { workspace = terraform.workspace, application_databases = local.applications })

  # The same for a plan, a line for each thing that changes. Application keys have no parentheses.
  readable = merge(
    { "(all applications)" = { for field, value in merge(local.declaration, {
      instance = local.identifier
      database = local.instance.database
      tags     = length(var.tags) > 0 ? var.tags : null
    }) : field => value if try(length(value) > 0, value != null) } },
    { for app, entry in local.applications : app => merge(
      entry, { is = join("", [
        (
          entry.database_name == null ? "${entry.username}, with no database and no rights of its own"
          : entry.access_level == "none" ? "${entry.username}, with no rights of its own on ${entry.database_name}"
          : "${entry.access_level} of ${entry.database_name} as ${entry.username}"
        ),
        try(tobool(entry.can_login), true) ? "" : ", which nobody logs in as",
        lookup(local.membership_words, app, ""),
        local.login_entry[app] == app ? "" : ", the login of ${local.login_entry[app]}",
      ]) },
    ) },
  )

  # How a removal gets to the server, since a destroy provisioner sees no variables. Without the ids of a run and what a
  # removal does not use, timeouts included, so that a marker changes only where a removal would go another way.
  way = merge({
    for field, value in merge(local.common, {
      audit_dir = local.audit_dir
      tags      = length(var.tags) > 0 ? var.tags : null
    }) : field => value if value != null && !contains(local.unused, field)
  }, { workspace = terraform.workspace })
  unused = [
    "accept_tags_from", "cleanup_policy", "connect_timeout", "enforce_naming", "lock_timeout", "max_connections",
    "prepare_major_upgrade", "secret_prefix", "verify_logins",
  ]

  # A marker's input is text that a person reads first: what its removal does, then, behind the program's name, the way
  # there and the entry. As an object, `terraform_data` would print all of it twice.
  marker_way = base64gzip(jsonencode(merge(local.way, { claim = terraform_data.stack.id })))
  markers = {
    for app, entry in local.applications : app => join(" | ", [
      local.login_entry[app] != app ? "ENDS what login ${entry.username} may do on ${entry.database_name == null ? "" : entry.database_name}"
      : entry.access_level == "owner" ? replace(
        lookup(local.removal_words, entry.cleanup_policy, ""), "%", "${entry.database_name}, login ${entry.username}",
        ) : replace(lookup(local.removal_words, entry.cleanup_policy, ""), "%", join("", concat(
          ["login ${entry.username}"], entry.database_name == null ? [] : [" of ${entry.database_name}"],
      ))),
      var.node_command,
      local.marker_way,
      base64encode(jsonencode({ (app) = {
        database_name  = entry.database_name
        username       = entry.username
        access_level   = entry.access_level
        auth           = try(tostring(entry.auth), "password")
        secret_id      = entry.secret_id
        cleanup_policy = entry.cleanup_policy
      } })),
    ])
  }
  removal_words = {
    retain              = "KEEPS %"
    disable             = "DISABLES %"
    release             = "RELEASES %"
    delete              = "DROPS %"
    snapshot-and-delete = "DROPS % after a snapshot"
  }

  # What the end of the state needs: the claim is the resource's own id. Nothing of `secret_versions` stands in it; that it
  # is named makes what it refers to wait with its own end for this one, which reads the admin's secret.
  stack = join(" | ", [
    "ends the claim of ${local.stack_name}${substr(sha256(jsonencode(var.secret_versions)), 0, 0)}",
    var.node_command,
    base64gzip(jsonencode(merge(local.way, {
      removes = length([for app, entry in local.applications : app if local.login_entry[app] == app && !contains(["retain", "release"], entry.cleanup_policy)]) > 0
    }))),
    base64encode("{}"),
  ])
}
