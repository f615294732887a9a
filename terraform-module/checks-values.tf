# What plan time can tell of the values in `application_databases`, beyond their types (checks.tf).

locals {
  # An identifier of 1 to 63 bytes without control characters and without white space at either end. PostgreSQL cuts
  # longer ones. length() counts characters; 84 characters of base64 hold exactly 63 bytes.
  identifier_pattern = "^[^\\s\\p{Z}\\p{Cc}\\x{FEFF}]([^\\p{Cc}]*[^\\s\\p{Z}\\p{Cc}\\x{FEFF}])?$"
  identifier_rule    = "Use 1 to 63 bytes of UTF-8, without control characters and without white space at either end."
  identifier_length  = 84

  # Names of the server: of logins and databases that it has already, and what these may not begin with.
  reserved_names     = "postgres|rdsadmin|rdsrepladmin|rdsproxyadmin|rdstopmgr|template[01]"
  reserved_prefixes  = "rds_|pg_"
  reserved_pattern   = "^((${local.reserved_names})$|${local.reserved_prefixes})"
  reserved_usernames = [var.admin_username, "${var.admin_username}_upgrade", "public", "none"]

  conventions = {
    database_name = {
      pattern = "^[a-z_][a-z0-9_]*_${var.environment}_db$"
      words   = "<name>_${var.environment}_db of a-z, 0-9 and _"
    }
    username = {
      pattern = "^[a-z_][a-z0-9_]*_${var.environment}_[a-z0-9_]+$"
      words   = "<name>_${var.environment}_<purpose> of a-z, 0-9 and _"
    }
  }

  name_problems = flatten([
    for app, entry in { for app in local.odd_names : app => local.applications[app] } : [
      for field, name in {
        for field in ["database_name", "username"] : field => entry[field] if field == "username" || entry.database_name != null
        } : concat(
        !can(regex(local.identifier_pattern, name)) || length(base64encode(name)) > local.identifier_length ? [
          "${app}: ${field}: ${jsonencode(name)} is not accepted. ${local.identifier_rule}"
        ] : [],
        can(regex(local.reserved_pattern, name)) || (field == "username" && contains(local.reserved_usernames, name)) ? [
          "${app}: ${field}: ${jsonencode(name)} is reserved. Use another name."
        ] : [],
        var.enforce_naming && !can(regex(local.conventions[field].pattern, name)) ? [join(" ", [
          "${app}: ${field}: ${jsonencode(name)} is off the naming convention.",
          "Use ${local.conventions[field].words}, or set enforce_naming = false.",
        ])] : [],
      )
    ]
  ])

  secret_ids        = { for app, entry in var.application_databases : app => try(entry.secret_id, null) }
  secret_characters = "[A-Za-z0-9/_+=.@!:-]"
  secret_problems = [
    for app, id in { for app in local.odd_secrets : app => local.secret_ids[app] } : join(" ", [
      "${app}: secret_id: ${jsonencode(id)} is not accepted.",
      "Use the name or ARN of a secret: letters, digits and / _ + = . @ ! : -.",
    ])
    if id == null ? false : !try(length(id) <= 2048 && can(regex("^${local.secret_characters}+$", id)), false)
  ]

  words = {
    access_level   = ["owner", "editor", "reader", "none"]
    auth           = ["password", "iam", "unmanaged"]
    cleanup_policy = ["retain", "disable", "release", "delete", "snapshot-and-delete"]
    undeclared     = ["keep", "report", "revoke"]
  }

  # timecmp() alone, which knows the calendar, takes less than RFC 3339 asks for, and each release of Terraform another
  # less.
  timestamp_pattern = "(?i)^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$"

  value_problems = flatten([
    for app, entry in { for app in local.odd_values : app => local.applications[app] } : concat(
      [
        for field, words in local.words : join(" ", concat(
          ["${app}: ${field}: ${jsonencode(entry[field])} is not accepted. Use one of ${join(", ", words)}."],
          # By the value alone: a value that is not known elsewhere would make the message unknown.
          [
            for match in slice(reverse(sort([for word in words : format("%03d %s", floor(200 * length(setintersection(
              flatten([for at in range(length(word)) : [substr(word, at, 1), substr(word, at, 2)]]),
              flatten([for at in range(length(try(tostring(entry[field]), ""))) : [substr(entry[field], at, 1), substr(entry[field], at, 2)]]),
            )) / (2 * length(word) + 2 * length(try(tostring(entry[field]), "")) - 2)), word)])), 0, 1) :
            "Did you mean \"${substr(match, 4, -1)}\"?" if tonumber(substr(match, 0, 3)) >= 50
          ],
        ))
        if !try(contains(words, lookup(entry, field, words[0])), true)
      ],
      [
        for field in ["connection_limit", "database_connection_limit"] :
        "${app}: ${field}: ${jsonencode(entry[field])} is not accepted. Use a whole number from -1 (no limit) to 2147483647."
        if !try(
          tonumber(entry[field]) >= -1 && tonumber(entry[field]) <= 2147483647 && floor(entry[field]) == tonumber(entry[field]),
          true,
        )
      ],
      [
        for auth in try([tostring(entry.auth)], []) : join(" ", [
          "${app}: auth: says how a login logs in, and nobody logs in as this role (can_login = false).",
          "Take one of the two out.",
        ])
        if !try(tobool(entry.can_login), true)
      ],
      [
        for value in try([tostring(entry.valid_until)], []) :
        "${app}: valid_until: ${jsonencode(value)} is not accepted. Use RFC 3339 with an offset, for example 2030-01-31T00:00:00Z."
        if !can(regex(local.timestamp_pattern, value)) || !try(
          timecmp(upper(value), "0001-01-01T00:00:00Z") >= 0 &&
          timecmp(upper(value), "9999-12-31T23:59:59.999999999Z") <= 0,
          false,
        )
      ],
      flatten([
        for field, names in {
          encoding     = try([tostring(entry.encoding)], [])
          extensions   = try(tolist(entry.extensions), [])
          locale       = try([tostring(entry.locale)], [])
          owns_schemas = try(tolist(entry.owns_schemas), [])
          schemas      = try(tolist(entry.schemas), [])
          } : [
          for name in names :
          "${app}: ${field}: ${jsonencode(name)} is not accepted. ${local.identifier_rule}"
          if !try(length(base64encode(name)) <= local.identifier_length && can(regex(local.identifier_pattern, name)), true)
        ]
      ]),
      flatten([
        for field, names in { schemas = try(tolist(entry.schemas), []), owns_schemas = try(tolist(entry.owns_schemas), []) } : concat(
          [
            for name in names : "${app}: ${field}: ${jsonencode(name)} is reserved. Use another name."
            if can(regex("^(pg_|information_schema$)", name))
          ],
          [
            for name in names :
            "${app}: ${field}: ${jsonencode(name)} is off the naming convention. Use a-z, 0-9 and _, or set enforce_naming = false."
            if var.enforce_naming && name != "*" && !can(regex("^[a-z_][a-z0-9_]*$", name))
          ],
        )
      ]),
    )
  ])

  # As the server splits a list of identifiers: items between commas, each in double quotes or without any.
  list_parameters = ["search_path", "session_preload_libraries", "temp_tablespaces"]
  list_item       = "${local.blank}*(?:\"[^\"]*(?:\"\"[^\"]*)*\"${local.blank}*|[^\",]*[^\",\\s\\v\\p{Z}\\x{FEFF}][^\",]*)"
  list_pattern    = "^(?:${local.blank}*|${local.list_item}(?:,${local.list_item})*)$"
  blank           = "[\\s\\v\\p{Z}\\x{FEFF}]"
  list_rule       = "Separate items with one comma, and close every double quote; or use a list."

  # As JSON: a string, a number, true, false, null, a list of one string or more.
  setting_pattern = "^\"|^-?[0-9]|^true$|^false$|^null$|^\\[\"([^\"\\\\]|\\\\.)*\"(,\"([^\"\\\\]|\\\\.)*\")*\\]$"
  setting_rule = join(" ", [
    "Use a string, a number, true, false or a list of strings, without NUL;",
    "null leaves the parameter alone.",
  ])

  setting_problems = flatten([
    for app, entry in { for app in local.odd_settings : app => local.applications[app] } : [
      # A list can be gone through too, with numbers for names; that it is no map, type_problems say.
      for parameter, value in try({
        for parameter, value in entry.settings : parameter => value if can(keys(entry.settings))
        }, {}) : concat(
        !can(regex("^[A-Za-z_][A-Za-z0-9_.$]*$", parameter)) ? [
          "${app}: settings.${parameter}: is not the name of a parameter. Use letters, digits, _, . and $."
        ] : [],
        length([for other in keys(entry.settings) : other if lower(other) == lower(parameter)]) > 1 ? [
          "${app}: settings.${parameter}: is declared twice, in different case. Keep one of the two."
        ] : [],
        !can(regex(local.setting_pattern, jsonencode(value))) || can(regex("\\x00", try(join("", value), value))) ? [
          "${app}: settings.${parameter}: ${jsonencode(value)} is not accepted. ${local.setting_rule}"
        ] : [],
        [
          for text in try([tostring(value)], []) :
          "${app}: settings.${parameter}: ${jsonencode(value)} is not accepted. ${local.list_rule}"
          if contains(local.list_parameters, lower(parameter)) && text != null && !can(regex(local.list_pattern, text))
        ],
        contains(["role", "session_authorization", "local_preload_libraries"], lower(parameter)) ? [
          "${app}: settings.${parameter}: may not be set for an application. Take it out."
        ] : [],
      )
    ]
  ])

  # Across entries.
  sharing_problems = concat(
    [
      for username, apps in { for app, entry in local.applications : entry.username => app... if local.login_entry[app] == app } :
      "${apps[1]}: username: ${jsonencode(username)} is the login of several applications: ${join(", ", apps)}. Give each its own username, or all but one login_of with the key of that one."
      if length(apps) > 1
    ],
    [
      for database, owners in local.owners : join(" ", [
        "${local.sharers[database][0]}: access_level: the database ${jsonencode(database)} has no owner.",
        "${lookup(local.suggestions.database, database, "")}Give one of its entries (${join(", ", local.sharers[database])})",
        "access_level = \"owner\", or correct database_name; where its owner was taken out, take them out too.",
      ])
      if length(owners) == 0
    ],
    [
      for database, owners in local.owners : join(" ", [
        "${owners[1]}: access_level: the database ${jsonencode(database)} has ${length(owners)} owners: ${join(", ", owners)}.",
        "Keep one, and give the others access_level = \"editor\" or \"reader\", or a database_name of their own.",
      ])
      if length(owners) > 1
    ],
    flatten([
      for app, entry in local.applications : [
        for field in ["encoding", "locale", "database_connection_limit", "recreate_missing"] :
        "${app}: ${field}: describes the database, which belongs to its owner. Set it in the owner's entry."
        if entry.access_level != "owner" && contains(keys(entry), field)
      ]
    ]),
    flatten([
      for app, entry in { for app, entry in local.applications : app => entry if entry.access_level == "none" } : concat(
        contains(keys(entry), "schemas") ? [
          "${app}: schemas: is for owners, editors and readers; a login of level \"none\" works in none. Take it out."
        ] : [],
        [
          for field in ["settings", "extensions", "acts_as", "owns_schemas"] : join(" ", [
            "${app}: ${field}: is about a database, and this login has none (access_level = \"none\").",
            "Take it out, or set database_name or database_of.",
          ])
          if entry.database_name == null && contains(keys(entry), field) && (contains(["settings", "acts_as"], field) || try(length(entry[field]) > 0, false))
        ],
      )
    ]),
  )
  sharers = { for app, entry in local.applications : entry.database_name => app... if entry.database_name != null && !local.is_astray[app] }
  owners = {
    for database, apps in {
      for app, entry in local.applications : entry.database_name => entry.access_level == "owner" ? app : ""...
      if entry.database_name != null && !local.is_astray[app]
    } : database => compact(apps)
  }
  owned_databases = [for database, owners in local.owners : database if length(owners) > 0]
  lost_databases = [
    for at, database in tolist(setsubtract(keys(local.owners), local.owned_databases)) : database if at < 5
  ]
}
