# Which entries of `application_databases` are plain: the checks (checks.tf, checks-values.tf) look at the odd ones
# only.
#
# The invariant: A PLAIN ENTRY HAS NO PROBLEM. The reverse need not hold: an odd entry may have none either. So a
# pattern here may be narrower than the rule that it spares, never wider, and no message depends on this file: with
# every entry odd the checks find the same, or less where a value is unknown. test/terraform/module/plain.test.ts holds
# that.
#
# This is for speed alone. A few expressions for each entry cost a plan of 1,000 applications two seconds; one regular
# expression over all entries costs next to nothing. JSON has no line breaks, so a line is an entry: its key, a blank,
# and JSON of what is looked at.
#
# There is a set of odd entries for each list of problems, because a value known only after apply makes its whole set
# unknown, and so puts off the list (src/README.md: Values unknown at plan). A set looks at no more fields than its list,
# so it puts off no list that would tell with every entry odd.

locals {
  plain_line = "(?m)^([a-z0-9_-]+) "

  # Names of fields (field_problems).
  odd_fields = setsubtract(keys(var.application_databases), flatten(regexall(
    "${local.plain_line}\\[(?:\"(?:${join("|", keys(local.fields))})\",?)*\\]$", local.field_lines,
  )))
  field_lines = join("\n", [for app, entry in var.application_databases : "${app} ${jsonencode(keys(entry))}"])

  # Rights that an entry names itself (right_problems): few entries have any.
  odd_rights = toset(flatten(regexall("${local.plain_line}.*\"(?:acts_as|member_of|owns_schemas|privileges)\"", local.field_lines)))

  # References to other entries (reference_problems, login_problems): few entries have any.
  odd_logins     = toset(flatten(regexall("${local.plain_line}.*\"(?:login_of)\"", local.field_lines)))
  odd_references = toset(flatten(regexall("${local.plain_line}.*\"(?:database_of)\"", local.field_lines)))

  # `database_name` and `username`, defaults included (name_problems). Reserved ones are sought apart, since a regular
  # expression of Terraform (RE2) cannot say "but not".
  odd_names = setunion(
    setsubtract(keys(local.applications), var.enforce_naming ? [] : flatten(regexall(
      "${local.plain_line}\\[(?:null|${local.plain_name}),${local.plain_name}\\]$", local.name_lines,
    ))),
    flatten(regexall(
      "${local.plain_line}.*\"(?:(?:${local.reserved_names})\"|${local.reserved_prefixes})", local.name_lines,
    )),
    [for app, entry in local.applications : app if contains(local.reserved_usernames, entry.username)],
  )
  name_lines = join("\n", [
    for app, entry in local.applications : "${app} ${jsonencode([entry.database_name, entry.username])}"
  ])
  plain_name = "\"[A-Za-z0-9_-]{1,63}\""

  # `secret_id` (secret_problems). RE2 counts to 1,000.
  odd_secrets = setsubtract(keys(var.application_databases), flatten(regexall(
    "${local.plain_line}(?:null|\"${local.secret_characters}{1,1000}\")$",
    join("\n", [for app, id in local.secret_ids : "${app} ${jsonencode(id)}"]),
  )))

  # All other values, by their types (type_problems).
  odd_types = setsubtract(keys(var.application_databases), flatten(regexall(
    "${local.plain_line}${local.plain_entry}$",
    join("\n", [
      for app, entry in var.application_databases :
      "${app} ${jsonencode({ for field, value in entry : field => value if field != "secret_id" })}"
    ]),
  )))

  # The same without the fields that value_problems look away from.
  odd_values = setsubtract(keys(var.application_databases), flatten(regexall(
    "${local.plain_line}${local.plain_entry}$",
    join("\n", [
      for app, entry in var.application_databases :
      "${app} ${jsonencode({ for field, value in entry : field => value if !contains(local.looked_at_elsewhere, field) })}"
    ]),
  )))
  looked_at_elsewhere = [
    "acts_as", "adopt_existing", "can_create_databases", "database_name", "database_of", "login_of", "member_of", "privileges",
    "recreate_missing", "secret_id",
    "settings", "username",
  ]

  # `settings` (setting_problems).
  odd_settings = setsubtract(keys(var.application_databases), flatten(regexall(
    "${local.plain_line}(?:null|${local.plain_settings})$",
    join("\n", [for app, entry in var.application_databases : "${app} ${jsonencode(try(entry.settings, null))}"]),
  )))

  plain_entry = "\\{(?:(?:${local.plain_field})(?:,(?:${local.plain_field}))*)?\\}"
  plain_field = join("|", concat(
    [for field, words in local.words : "\"${field}\":\"(?:${join("|", words)})\""],
    [
      "\"(?:adopt_existing|can_create_databases|recreate_missing)\":(?:true|false)",
      "\"can_login\":true",
      "\"(?:connection_limit|database_connection_limit)\":[0-9]{1,9}",
      "\"(?:database_name|database_of|login_of|encoding|locale|username)\":${local.plain_name}",
      "\"extensions\":\\[(?:${local.plain_name}(?:,${local.plain_name})*)?\\]",
      "\"schemas\":\\[(?:${local.plain_schema}(?:,${local.plain_schema})*)?\\]",
      "\"settings\":${local.plain_settings}",
    ],
  ))
  plain_settings    = "\\{(?:(?:${local.plain_timeout}|${local.plain_search_path}),?)*\\}"
  plain_schema      = "\"(?:public|[*]|[a-hj-oq-z_][a-z0-9_]{0,62})\"" # no information_schema, no pg_*
  plain_timeout     = "\"[a-z_]+_timeout\":(?:\"[^\"\\\\]*\"|-?[0-9]+|true|false)"
  plain_search_path = "\"search_path\":\"[A-Za-z0-9_$]+(?:, ?[A-Za-z0-9_$]+)*\""
}
