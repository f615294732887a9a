# What plan time can tell of the rights that an entry of `application_databases` names itself (src/input/privileges.ts).

locals {
  nameable_privileges = {
    tables    = ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "MAINTAIN"]
    sequences = ["SELECT", "UPDATE", "USAGE"]
    functions = ["EXECUTE"]
  }
  no_trigger = "TRIGGER is never given: the function of a trigger runs as whoever writes the table, so it would have their rights."

  # That it is no map, type_problems say.
  own_privileges = {
    for app in local.odd_rights : app => try({
      for kind, privileges in local.applications[app].privileges : kind => privileges
      if can(keys(local.applications[app].privileges))
    }, {})
  }

  right_problems = flatten([
    for app, own in local.own_privileges : concat(
      [
        for kind, privileges in own : join(" ", concat(
          can(local.nameable_privileges[kind]) ? [
            "${app}: privileges.${kind}: ${jsonencode(privileges)} is not accepted.",
            "Use a list of ${join(", ", local.nameable_privileges[kind])}.",
            ] : [
            "${app}: privileges.${kind}: is not a known field. Known fields: tables, sequences, functions.",
          ],
          kind == "tables" && can(index(tolist(privileges), "TRIGGER")) ? [local.no_trigger] : [],
        ))
        if privileges == null ? !can(local.nameable_privileges[kind]) : !try(
          can(regex(local.shapes.texts.pattern, jsonencode(privileges))) &&
          length(setsubtract(privileges, local.nameable_privileges[kind])) == 0,
          false,
        )
      ],
      [
        for owned in [[for kind, privileges in own : kind if privileges != null]] :
        "${app}: privileges: is for editors and readers; an owner owns what it creates, and has every right on it. Take it out."
        if length(owned) > 0 && local.applications[app].access_level == "owner"
      ],
    )
  ])
}
