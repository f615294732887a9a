# What plan time can tell of an entry of `application_databases` that names another one (src/input/references.ts).

locals {
  # Of each entry that names another: that one's key. The maps have each of these keys, so that no index fails.
  references = { for app in local.odd_references : app => local.database_of[app] if local.database_of[app] != null }
  is_entry = merge(
    { for named in toset(values(local.references)) : named => false },
    { for app in keys(var.application_databases) : app => true },
  )
  named_in_turn = merge({ for named in toset(values(local.references)) : named => null }, local.database_of)
  # Whose database nobody knows: nothing more is said of the default that stands in its place.
  is_astray = merge(
    { for app in keys(var.application_databases) : app => false },
    { for app, named in local.references : app => !local.is_entry[named] || local.named_in_turn[named] != null },
  )
  lost_entries = [
    for at, named in tolist(setsubtract(
      concat(values(local.references), values(local.users)), keys(var.application_databases),
    )) : named if at < 5
  ]

  reference_problems = flatten([
    for app, named in local.references : concat(
      !local.is_entry[named] ? [join("", [
        "${app}: database_of: no entry has the key ${jsonencode(named)}. ${lookup(local.suggestions.entry, named, "")}",
        "Use the key of the entry whose database it is.",
      ])] : [],
      local.is_entry[named] && local.named_in_turn[named] == null && local.named_databases[named] == null ? [join(" ", [
        "${app}: database_of: names \"${named}\", which has no database.",
        "Use the key of an entry that says its database by itself.",
      ])] : [],
      local.named_in_turn[named] != null ? [join(" ", [
        app == named ? "${app}: database_of: names its own entry." : join("", [
          "${app}: database_of: names \"${named}\", which has database_of itself (${jsonencode(local.named_in_turn[named])}).",
        ]),
        "Use the key of an entry that says its database by itself.",
      ])] : [],
      try(var.application_databases[app].database_name != null, false) ? [join(" ", [
        "${app}: database_of: says whose database it is, and database_name says which",
        "(${jsonencode(var.application_databases[app].database_name)}). Take one of the two out.",
      ])] : [],
    )
  ])
}
