# What plan time can tell of `application_databases`: one sentence for each problem, all of them at once. Raised by the
# preconditions of null_resource.provision. The script checks the same and more (src/input).
#
# The rules stand here and in checks-values.tf, once each, and hold for every entry; local.odd_… (plain.tf) only spares
# the entries that have no problem. One list for each kind of field, because a value known only after apply makes its
# whole list unknown, and so puts off this kind of check, no other.

locals {
  # The type of each field, as the JSON of its value must look. `any` has no types, and Terraform has no type(). A string
  # that Terraform would convert counts as what it says; the script converts it.
  shapes = {
    text    = { pattern = "^\"", words = "a string" }
    bool    = { pattern = "^(true|false|\"(true|false|1|0)\")$", words = "true or false" }
    number  = { pattern = "^-?[0-9]|^\"-?[0-9]{1,20}\"$", words = "a number" }
    texts   = { pattern = "^\\[(\"([^\"\\\\]|\\\\.)*\"(,\"([^\"\\\\]|\\\\.)*\")*)?\\]$", words = "a list of strings" }
    mapping = { pattern = "^\\{", words = "a map" }
  }
  fields = {
    access_level              = "text"
    acts_as                   = "text"
    adopt_existing            = "bool"
    auth                      = "text"
    can_create_databases      = "bool"
    can_login                 = "bool"
    cleanup_policy            = "text"
    connection_limit          = "number"
    database_connection_limit = "number"
    database_name             = "text"
    database_of               = "text"
    encoding                  = "text"
    extensions                = "texts"
    locale                    = "text"
    login_of                  = "text"
    member_of                 = "texts"
    owns_schemas              = "texts"
    privileges                = "mapping"
    recreate_missing          = "bool"
    schemas                   = "texts"
    secret_id                 = "text"
    settings                  = "mapping"
    undeclared                = "text"
    username                  = "text"
    valid_until               = "text"
  }

  type_problems = flatten([
    for app in local.odd_types : [
      for field, value in var.application_databases[app] :
      "${app}: ${field}: ${jsonencode(value)} is not accepted. Use ${local.shapes[local.fields[field]].words}."
      if can(local.type_patterns[field]) ? !can(regex(local.type_patterns[field], jsonencode(value))) : false
    ]
  ])
  type_patterns = {
    for field, type in local.fields : field => "^null$|${local.shapes[type].pattern}"
    if field != "secret_id" # often unknown at plan, so it has a check of its own
  }

  # The names of fields are known where their values are not, so a misspelled one is named at plan in any case.
  unknown_fields = {
    for app in local.odd_fields : app => setsubtract(keys(var.application_databases[app]), keys(local.fields))
  }
  field_problems = flatten([
    for app, fields in local.unknown_fields : [
      for field in fields :
      "${app}: ${field}: is not a known field. ${local.suggestions.field[field]}Known fields: ${join(", ", keys(local.fields))}."
    ]
  ])

  # For an unknown field, entry or database the known one that shares most pairs of letters with it, if that is near
  # (Dice's coefficient in percent). Each is compared with all, so of entries and databases a few are.
  spellings = {
    field    = { words = flatten([for fields in local.unknown_fields : tolist(fields)]), known = keys(local.fields), ending = "", near = 40 }
    entry    = { words = local.lost_entries, known = keys(local.applications), ending = "", near = 30 }
    database = { words = local.lost_databases, known = local.owned_databases, ending = "_${var.environment}_db", near = 30 }
  }
  letter_pairs = {
    for kind, it in local.spellings : kind => {
      for word in toset(concat(it.words, [for known in it.known : known if length(it.words) > 0])) : word => toset([
        for at in range(max(length(trimsuffix(word, it.ending)) - 1, 0)) : substr(trimsuffix(word, it.ending), at, 2)
      ])
    }
  }
  nearest = {
    for kind, it in local.spellings : kind => {
      for word in toset(it.words) : word => try(reverse(sort([
        for known in it.known : format("%03d %s", floor(
          200 * length(setintersection(local.letter_pairs[kind][word], local.letter_pairs[kind][known]))
          / max(1, length(local.letter_pairs[kind][word]) + length(local.letter_pairs[kind][known]))
        ), known)
      ]))[0], "000 ")
    }
  }
  suggestions = {
    for kind, words in local.nearest : kind => {
      for word, match in words : word => tonumber(substr(match, 0, 3)) >= local.spellings[kind].near ? "Did you mean \"${substr(match, 4, -1)}\"? " : ""
    }
  }
}
