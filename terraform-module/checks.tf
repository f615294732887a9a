# What plan time can tell of `application_databases`: one sentence for each problem, all of them at once. Raised by the
# preconditions of null_resource.provision. The script checks the same and more (src/input).
#
# One list for each kind of field, because a value known only after apply makes its whole list unknown, and so puts off
# this kind of check, no other.

locals {
  # The type of each field, as the JSON of its value must look. `any` has no types, and Terraform has no type().
  shapes = {
    text    = { pattern = "^\"", words = "a string" }
    bool    = { pattern = "^(true|false)$", words = "true or false" }
    number  = { pattern = "^-?[0-9]", words = "a number" }
    texts   = { pattern = "^\\[(\"([^\"\\\\]|\\\\.)*\"(,\"([^\"\\\\]|\\\\.)*\")*)?\\]$", words = "a list of strings" }
    mapping = { pattern = "^\\{", words = "a map" }
  }
  fields = {
    access_level              = "text"
    adopt_existing            = "bool"
    auth                      = "text"
    can_create_databases      = "bool"
    cleanup_policy            = "text"
    connection_limit          = "number"
    database_connection_limit = "number"
    database_name             = "text"
    encoding                  = "text"
    extensions                = "texts"
    locale                    = "text"
    schemas                   = "texts"
    secret_id                 = "text"
    settings                  = "mapping"
    username                  = "text"
    valid_until               = "text"
  }

  # One regular expression over all entries finds the plain ones, which need no closer look; a few for each entry would
  # cost a plan of 1,000 applications two seconds. JSON has no line breaks, so a line is an entry.
  plain_name  = "\"[A-Za-z0-9_-]{1,63}\""
  plain_value = "(?:\"[^\"\\\\]*\"|-?[0-9]+|true|false)"
  plain_field = join("|", [
    "\"access_level\":\"(?:owner|editor|reader)\"",
    "\"auth\":\"(?:password|iam)\"",
    "\"cleanup_policy\":\"(?:retain|delete|snapshot-and-delete)\"",
    "\"(?:adopt_existing|can_create_databases)\":(?:true|false)",
    "\"(?:connection_limit|database_connection_limit)\":[0-9]{1,9}",
    "\"(?:database_name|encoding|locale|username)\":${local.plain_name}",
    "\"(?:extensions|schemas)\":\\[(?:${local.plain_name}(?:,${local.plain_name})*)?\\]",
    "\"settings\":\\{(?:\"(?:[a-z_]+_timeout|search_path)\":${local.plain_value},?)*\\}",
  ])
  plain_entries = flatten(regexall("(?m)^([a-z0-9_-]+) \\{(?:(?:${local.plain_field})(?:,(?:${local.plain_field}))*)?\\}$", join("\n", [
    for app, entry in var.application_databases :
    "${app} ${jsonencode({ for field, value in entry : field => value if field != "secret_id" })}"
  ])))
  odd_entries = { for app in setsubtract(keys(local.applications), local.plain_entries) : app => local.applications[app] }

  field_problems = concat(
    flatten([
      for app, entry in local.odd_entries : [
        for field in setsubtract(keys(var.application_databases[app]), keys(local.fields)) :
        "${app}: ${field}: is not a known field. ${local.suggestions[field]}Known fields: ${join(", ", keys(local.fields))}."
      ]
    ]),
    flatten([
      for app in keys(local.odd_entries) : [
        for field, value in var.application_databases[app] :
        "${app}: ${field}: ${jsonencode(value)} is not accepted. Use ${local.shapes[local.fields[field]].words}."
        if field == "secret_id" ? false : !can(regex("^null$|${local.shapes[lookup(local.fields, field, "text")].pattern}", jsonencode(value))) && contains(keys(local.fields), field)
      ]
    ]),
  )

  # For an unknown field the known one that shares most pairs of letters with it, if that is near (Dice's coefficient in
  # percent).
  unknown_fields = setsubtract(flatten([for app in keys(local.odd_entries) : keys(var.application_databases[app])]), keys(local.fields))
  letter_pairs = {
    for field in setunion(keys(local.fields), local.unknown_fields) :
    field => toset([for at in range(max(length(field) - 1, 0)) : substr(field, at, 2)])
  }
  nearest = {
    for field in local.unknown_fields : field => split(" ", reverse(sort([
      for known in keys(local.fields) : format("%03d %s", floor(
        200 * length(setintersection(local.letter_pairs[field], local.letter_pairs[known])) / (length(local.letter_pairs[field]) + length(local.letter_pairs[known]))
      ), known)
    ]))[0])
  }
  suggestions = {
    for field, match in local.nearest : field => tonumber(match[0]) >= 40 ? "Did you mean \"${match[1]}\"? " : ""
  }

  # An identifier of 1 to 63 bytes without control characters and without white space at either end. PostgreSQL cuts
  # longer ones. length() counts characters; 84 characters of base64 hold exactly 63 bytes.
  identifier_pattern = "^[^\\s\\p{Z}\\p{Cc}]([^\\p{Cc}]*[^\\s\\p{Z}\\p{Cc}])?$"
  identifier_rule    = "Use 1 to 63 bytes of UTF-8, without control characters and without white space at either end."
  identifier_length  = 84

  plain_names = var.enforce_naming ? [] : flatten(regexall("(?m)^([a-z0-9_-]+) \\[${local.plain_name},${local.plain_name}\\]$", local.name_lines))
  reserved_names = concat(
    flatten(regexall("(?m)^([a-z0-9_-]+) .*\"(?:(?:postgres|rdsadmin|rdsrepladmin|rdsproxyadmin|rdstopmgr|template[01])\"|rds_|pg_)", local.name_lines)),
    [for app, entry in local.applications : app if contains(local.reserved_users, entry.username)],
  )
  name_lines     = join("\n", [for app, entry in local.applications : "${app} ${jsonencode([entry.database_name, entry.username])}"])
  reserved_users = [var.admin_username, "public", "none"]
  odd_names      = setunion(setsubtract(keys(local.applications), local.plain_names), local.reserved_names)

  name_problems = flatten([
    for app, entry in { for app in local.odd_names : app => local.applications[app] } : [
      for field, name in { database_name = entry.database_name, username = entry.username } : concat(
        can(regex(local.identifier_pattern, name)) && length(base64encode(name)) <= local.identifier_length ? [] : [
          "${app}: ${field}: ${jsonencode(name)} is not accepted. ${local.identifier_rule}"
        ],
        !can(regex("^((postgres|rdsadmin|rdsrepladmin|rdsproxyadmin|rdstopmgr|template[01])$|rds_|pg_)", name)) && (field == "database_name" || !contains(local.reserved_users, name)) ? [] : [
          "${app}: ${field}: ${jsonencode(name)} is reserved. Use another name."
        ],
        !var.enforce_naming || can(regex(local.conventions[field], name)) ? [] : [
          "${app}: ${field}: ${jsonencode(name)} is off the naming convention. Use ${field == "username" ? "<name>_${var.environment}_<purpose>" : "<name>_${var.environment}_db"} of a-z, 0-9 and _, or set enforce_naming = false."
        ],
      )
    ]
  ])
  conventions = {
    database_name = "^[a-z_][a-z0-9_]*_${var.environment}_db$"
    username      = "^[a-z_][a-z0-9_]*_${var.environment}_[a-z0-9_]+$"
  }

  plain_secrets = flatten(regexall("(?m)^([a-z0-9_-]+) (?:null|\"[A-Za-z0-9/_+=.@!:-]+\")$", join("\n", [
    for app, entry in var.application_databases : "${app} ${jsonencode(try(entry.secret_id, null))}"
  ])))
  secret_problems = [
    for app in setsubtract(keys(var.application_databases), local.plain_secrets) :
    "${app}: secret_id: ${jsonencode(var.application_databases[app].secret_id)} is not accepted. Use the name or ARN of a secret: letters, digits and / _ + = . @ ! : -."
  ]

  value_problems = flatten([
    for app, entry in local.odd_entries : concat(
      [
        for field, words in { access_level = ["owner", "editor", "reader"], auth = ["password", "iam"], cleanup_policy = ["retain", "delete", "snapshot-and-delete"] } :
        "${app}: ${field}: ${jsonencode(entry[field])} is not accepted. Use one of ${join(", ", words)}."
        if !try(contains(words, lookup(entry, field, words[0])), true)
      ],
      [
        for field in ["connection_limit", "database_connection_limit"] :
        "${app}: ${field}: ${jsonencode(entry[field])} is not accepted. Use a whole number from -1 (no limit) to 2147483647."
        if !try(entry[field] >= -1 && entry[field] <= 2147483647 && floor(entry[field]) == entry[field], true)
      ],
      [
        for value in try([tostring(entry.valid_until)], []) :
        "${app}: valid_until: ${jsonencode(value)} is not accepted. Use RFC 3339 with an offset, for example 2030-01-31T00:00:00Z."
        if !can(timeadd(value, "0s"))
      ],
      [
        for field in ["encoding", "locale"] :
        "${app}: ${field}: ${jsonencode(entry[field])} is not accepted. ${local.identifier_rule}"
        if !try(length(base64encode(entry[field])) <= local.identifier_length && can(regex(local.identifier_pattern, entry[field])), true)
      ],
      flatten([
        for field, names in { schemas = try(tolist(entry.schemas), []), extensions = try(tolist(entry.extensions), []) } : [
          for name in names :
          "${app}: ${field}: ${jsonencode(name)} is not accepted. ${local.identifier_rule}"
          if !try(length(base64encode(name)) <= local.identifier_length && can(regex(local.identifier_pattern, name)), true)
        ]
      ]),
    )
  ])

  setting_problems = flatten([
    for app, entry in local.odd_entries : [
      for parameter, value in try({ for parameter, value in entry.settings : parameter => value }, {}) : concat(
        can(regex("^[A-Za-z_][A-Za-z0-9_.$]*$", parameter)) ? [] : [
          "${app}: settings.${parameter}: is not the name of a parameter. Use letters, digits, _, . and $."
        ],
        jsonencode(value) != "[]" && can(regex("^\"|^-?[0-9]|^true$|^false$|^null$|${local.shapes.texts.pattern}", jsonencode(value))) ? [] : [
          "${app}: settings.${parameter}: ${jsonencode(value)} is not accepted. Use a string, a number, true, false or a list of strings; null leaves the parameter alone."
        ],
        !contains(["role", "session_authorization", "local_preload_libraries"], lower(parameter)) ? [] : [
          "${app}: settings.${parameter}: may not be set for an application. Take it out."
        ],
      )
    ]
  ])

  # Across entries.
  sharing_problems = concat(
    [
      for username, apps in { for app, entry in local.applications : entry.username => app... } :
      "${apps[1]}: username: ${jsonencode(username)} is the login of several applications: ${join(", ", apps)}. Give each its own username."
      if length(apps) > 1
    ],
    [
      for database, owners in local.owners :
      "${local.sharers[database][0]}: access_level: the database ${jsonencode(database)} has no owner. Give one of its entries (${join(", ", local.sharers[database])}) access_level = \"owner\"."
      if length(owners) == 0
    ],
    [
      for database, owners in local.owners :
      "${owners[1]}: access_level: the database ${jsonencode(database)} has ${length(owners)} owners: ${join(", ", owners)}. Keep one, and give the others access_level = \"editor\" or \"reader\", or a database_name of their own."
      if length(owners) > 1
    ],
    flatten([
      for app, entry in local.applications : [
        for field in ["encoding", "locale", "database_connection_limit"] :
        "${app}: ${field}: describes the database, which belongs to its owner. Set it in the owner's entry."
        if entry.access_level != "owner" && contains(keys(entry), field)
      ]
    ]),
  )
  sharers = { for app, entry in local.applications : entry.database_name => app... }
  owners = {
    for database, apps in { for app, entry in local.applications : entry.database_name => entry.access_level == "owner" ? app : ""... } :
    database => compact(apps)
  }
}
