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
  plain_schema = "\"(?:public|[a-hj-oq-z_][a-z0-9_]{0,62})\"" # no information_schema, no pg_*
  plain_name   = "\"[A-Za-z0-9_-]{1,63}\""
  plain_value  = "(?:\"[^\"\\\\]*\"|-?[0-9]+|true|false)"
  plain_field = join("|", [
    "\"access_level\":\"(?:owner|editor|reader)\"",
    "\"auth\":\"(?:password|iam)\"",
    "\"cleanup_policy\":\"(?:retain|delete|snapshot-and-delete)\"",
    "\"(?:adopt_existing|can_create_databases)\":(?:true|false)",
    "\"(?:connection_limit|database_connection_limit)\":[0-9]{1,9}",
    "\"(?:database_name|encoding|locale|username)\":${local.plain_name}",
    "\"extensions\":\\[(?:${local.plain_name}(?:,${local.plain_name})*)?\\]",
    "\"schemas\":\\[(?:${local.plain_schema}(?:,${local.plain_schema})*)?\\]",
    "\"settings\":\\{(?:\"(?:[a-z_]+_timeout\":${local.plain_value}|search_path\":\"[A-Za-z0-9_$]+(?:, ?[A-Za-z0-9_$]+)*\"),?)*\\}",
  ])
  plain_entries = flatten(regexall("(?m)^([a-z0-9_-]+) \\{(?:(?:${local.plain_field})(?:,(?:${local.plain_field}))*)?\\}$", join("\n", [
    for app, entry in var.application_databases :
    "${app} ${jsonencode({ for field, value in entry : field => value if field != "secret_id" })}"
  ])))
  odd_entries = { for app in setsubtract(keys(local.applications), local.plain_entries) : app => local.applications[app] }

  type_problems = flatten([
    for app in keys(local.odd_entries) : [
      for field, value in var.application_databases[app] :
      "${app}: ${field}: ${jsonencode(value)} is not accepted. Use ${local.shapes[local.fields[field]].words}."
      if field == "secret_id" ? false : !can(regex("^null$|${local.shapes[lookup(local.fields, field, "text")].pattern}", jsonencode(value))) && contains(keys(local.fields), field)
    ]
  ])

  # The names of fields are known where their values are not, so a misspelled one is named at plan in any case.
  plain_keys = flatten(regexall("(?m)^([a-z0-9_-]+) \\[(?:\"(?:${join("|", keys(local.fields))})\",?)*\\]$", join("\n", [
    for app, entry in var.application_databases : "${app} ${jsonencode(keys(entry))}"
  ])))
  unknown_fields = {
    for app in setsubtract(keys(var.application_databases), local.plain_keys) :
    app => setsubtract(keys(var.application_databases[app]), keys(local.fields))
  }
  field_problems = flatten([
    for app, fields in local.unknown_fields : [
      for field in fields :
      "${app}: ${field}: is not a known field. ${local.suggestions[field]}Known fields: ${join(", ", keys(local.fields))}."
    ]
  ])

  # For an unknown field the known one that shares most pairs of letters with it, if that is near (Dice's coefficient in
  # percent).
  misspelled = toset(flatten([for fields in local.unknown_fields : tolist(fields)]))
  letter_pairs = {
    for field in setunion(keys(local.fields), local.misspelled) :
    field => toset([for at in range(max(length(field) - 1, 0)) : substr(field, at, 2)])
  }
  nearest = {
    for field in local.misspelled : field => split(" ", reverse(sort([
      for known in keys(local.fields) : format("%03d %s", floor(
        200 * length(setintersection(local.letter_pairs[field], local.letter_pairs[known])) / (length(local.letter_pairs[field]) + length(local.letter_pairs[known]))
      ), known)
    ]))[0])
  }
  suggestions = {
    for field, match in local.nearest : field => tonumber(match[0]) >= 40 ? "Did you mean \"${match[1]}\"? " : ""
  }
}
