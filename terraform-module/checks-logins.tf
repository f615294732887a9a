# What plan time can tell of an entry of `application_databases` that uses another one's login (src/input/logins.ts).

locals {
  # Of each entry that uses another's login: that one's key.
  users = { for app, named in {
    for app, entry in { for app in local.odd_logins : app => var.application_databases[app] } :
    app => try(tostring(entry.login_of), null)
  } : app => named if named != null }
  login_entries = setintersection(values(local.users), keys(var.application_databases))
  chained_users = setintersection(values(local.users), keys(local.users))

  # Whose login each entry has, in whose place nothing else is looked up.
  login_entry = merge(
    { for app in keys(var.application_databases) : app => app },
    { for app, named in local.users : app => named if contains(local.login_entries, named) },
  )
  own_usernames = {
    for app, entry in var.application_databases : app => try(
      entry.username == null ? "${replace(app, "-", "_")}_${var.environment}_user" : tostring(entry.username),
      "${replace(app, "-", "_")}_${var.environment}_user",
    )
  }
  own_secret_ids = {
    for app, entry in var.application_databases : app => try(
      entry.secret_id == null ? "${var.secret_prefix}/${var.environment}/${app}/postgres" : tostring(entry.secret_id),
      "${var.secret_prefix}/${var.environment}/${app}/postgres",
    )
  }

  # Fields of the login, and what may stand in their place beside `login_of`: nothing, or what the login has.
  login_fields = [
    "acts_as", "adopt_existing", "auth", "can_create_databases", "can_login", "connection_limit", "member_of", "valid_until",
  ]

  login_problems = flatten([
    for app, named in local.users : concat(
      contains(local.login_entries, named) ? [] : [join("", [
        "${app}: login_of: no entry has the key ${jsonencode(named)}. ${lookup(local.suggestions.entry, named, "")}",
        "Use the key of the entry whose login it is.",
      ])],
      contains(local.chained_users, named) ? [join(" ", [
        app == named ? "${app}: login_of: names its own entry."
        : "${app}: login_of: names \"${named}\", which has login_of itself (${jsonencode(local.users[named])}).",
        "Use the key of an entry that has a login of its own.",
      ])] : [],
      [
        for field in local.login_fields :
        "${app}: ${field}: describes the login, which belongs to \"${named}\". Set it in the entry \"${named}\"."
        if try(var.application_databases[app][field] != null, false)
      ],
      [
        for field, its in {
          username       = try(local.own_usernames[named], null)
          secret_id      = try(local.own_secret_ids[named], null)
          cleanup_policy = "disable"
        } :
        "${app}: ${field}: describes the login, which belongs to \"${named}\". Set it in the entry \"${named}\"."
        if contains(local.login_entries, named) && !contains(local.chained_users, named) && try(
          var.application_databases[app][field] != null && var.application_databases[app][field] != its, false,
        )
      ],
      local.applications[app].access_level == "owner" ? [join(" ", [
        "${app}: access_level: an owner has a login of its own, and login_of names that of \"${named}\".",
        "Use \"editor\", \"reader\" or \"none\"; an owner that nobody logs in as has can_login = false.",
      ])] : [],
      local.applications[app].database_name == null ? [join(" ", [
        "${app}: login_of: is for a database, and this entry names none (access_level = \"none\").",
        "Set database_name or database_of.",
      ])] : [],
      [
        for others in [[
          for other in local.sharers_of_login["${local.login_entry[app]} ${coalesce(local.applications[app].database_name, " ")}"] : other
          ]] : join(" ", [
          "${app}: login_of: ${jsonencode(local.applications[app].username)} has several entries in the database",
          "${jsonencode(local.applications[app].database_name)}: ${join(", ", others)}. Keep one of them.",
        ])
        if length(others) > 1 && local.applications[app].database_name != null && try(app == [for other in others : other if local.login_entry[other] != other][0], false)
      ],
    )
  ])
  sharers_of_login = {
    for app, entry in { for app in setunion(keys(local.users), local.login_entries) : app => local.applications[app] } :
    "${local.login_entry[app]} ${coalesce(entry.database_name, " ")}" => app...
  }
}
