# What plan time can tell of the rights that an entry of `application_databases` names itself (src/input/privileges.ts).

locals {
  nameable_privileges = {
    tables    = ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "MAINTAIN"]
    sequences = ["SELECT", "UPDATE", "USAGE"]
    functions = ["EXECUTE"]
  }
  rightless = {
    owner = "an owner owns what it creates, and has every right on it."
    none  = "a login of level \"none\" has no rights of its own."
  }
  no_trigger = "TRIGGER is never given: the function of a trigger runs as whoever writes the table, so it would have their rights."

  # That it is no map, type_problems say.
  own_privileges = {
    for app in local.odd_rights : app => try({
      for kind, privileges in local.applications[app].privileges : kind => privileges
      if can(keys(local.applications[app].privileges))
    }, {})
  }

  right_problems = concat(local.privilege_problems, local.membership_problems, local.schema_problems)
  privilege_problems = flatten([
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
        "${app}: privileges: is for editors and readers; ${local.rightless[local.applications[app].access_level]} Take it out."
        if length(owned) > 0 && can(local.rightless[local.applications[app].access_level])
      ],
    )
  ])

  # Schemas of guests; src/input/databases.ts has the same rules. A schema has one owner.
  owns_schemas = { for app in local.odd_rights : app => try([for name in toset(local.applications[app].owns_schemas) : tostring(name) if name != null], []) }
  schema_problems = flatten([
    for app, names in local.owns_schemas : concat(
      [
        for name in [for at, name in names : name if at == 0 && local.applications[app].access_level == "owner"] :
        "${app}: owns_schemas: is for others than the owner, to whom all other schemas belong. List them in schemas."
      ],
      [
        for name in names : name == "*" ? "${app}: owns_schemas: \"*\" is no schema. Name each schema." :
        "${app}: owns_schemas: the schema \"public\" belongs to whoever owns the database. Use another schema."
        if contains(["*", "public"], name) && local.applications[app].access_level != "owner"
      ],
      [
        for name in names : "${app}: owns_schemas: the schema ${jsonencode(name)} is that of \"${local.schema_owners[app][name][0]}\". Keep it in one of the two."
        if length(local.schema_owners[app][name]) > 0 && !contains(["*", "public"], name) && local.applications[app].access_level != "owner"
      ],
    )
  ])
  # Who else says that it is the owner's: the database's owner, and guests whose keys come before.
  schema_owners = {
    for app, names in local.owns_schemas : app => {
      for name in names : name => local.applications[app].database_name == null ? [] : concat(
        [
          for owner in lookup(local.owners, local.applications[app].database_name, []) : owner
          if try(contains(local.applications[owner].schemas, name), false)
        ],
        [
          for other, others in local.owns_schemas : other
          if contains(others, name) && local.applications[other].database_name == local.applications[app].database_name
          && local.applications[other].access_level != "owner"
          && index(keys(local.owns_schemas), other) < index(keys(local.owns_schemas), app)
        ],
      )
    }
  }

  # Memberships, by keys of entries; src/input/member-of.ts has the same rules.
  predefined_roles = [
    "pg_monitor", "pg_read_all_data", "pg_write_all_data", "pg_read_all_settings", "pg_read_all_stats",
    "pg_stat_scan_tables", "pg_checkpoint", "rds_replication",
  ]
  refused_roles = {
    rds_superuser     = "it may grant nearly every role, so its member is no application any more"
    rds_iam           = "that is auth = \"iam\""
    rds_password      = "it sets passwords of others"
    pg_maintain       = "it may lock the catalogs, and so stop every other application"
    pg_signal_backend = "it ends the sessions of every other application, and the delegated admin's"
  }
  refused_server_role = "it reaches files and programs of the server, which are everybody's"

  member_of = { for app in local.odd_rights : app => try([for name in tolist(local.applications[app].member_of) : name if name != null], []) }
  not_entries = {
    for name in toset(flatten([values(local.member_of), values(local.acts_as)])) : name => can(regex("^pg_.*_server_", name)) ? local.refused_server_role : local.refused_roles[name]
    if can(regex("^pg_.*_server_", name)) || can(local.refused_roles[name])
  }
  acts_as = { for app in local.odd_rights : app => try([tostring(local.applications[app].acts_as)], []) }
  # Who acts as a role is its member. An entry with login_of stands for the one whose login it uses: one role.
  links = {
    for app, names in local.member_of : app => [
      for name in concat(names, local.acts_as[app]) : try(coalesce(tostring(local.applications[name].login_of)), name)
      if can(local.applications[name]) && !contains(local.predefined_roles, name) && !can(local.not_entries[name])
    ]
  }
  # Through how many others: each doubles the one before. A longer way the script finds.
  reach_2  = { for app, names in local.links : app => distinct(concat(names, flatten([for name in names : lookup(local.links, name, [])]))) }
  reach_4  = { for app, names in local.reach_2 : app => distinct(concat(names, flatten([for name in names : lookup(local.reach_2, name, [])]))) }
  reach_8  = { for app, names in local.reach_4 : app => distinct(concat(names, flatten([for name in names : lookup(local.reach_4, name, [])]))) }
  reach_16 = { for app, names in local.reach_8 : app => distinct(concat(names, flatten([for name in names : lookup(local.reach_8, name, [])]))) }

  joining_field = { for app, names in local.member_of : app => length(names) > 0 ? "member_of" : "acts_as" }
  membership_problems = flatten([
    for app, names in local.member_of : concat(
      [
        for name in local.acts_as[app] : "${app}: acts_as: ${jsonencode(name)} is no entry. Use the key of an entry."
        if name == null || !can(local.applications[name]) || contains(local.predefined_roles, name) || can(local.not_entries[name])
      ],
      [
        for name in names : can(local.not_entries[name]) ?
        "${app}: member_of: nobody is made a member of ${name}: ${local.not_entries[name]}. Take it out." : join(" ", [
          "${app}: member_of: ${jsonencode(name)} is neither an entry nor a role that may be given.",
          "Use the key of an entry, or one of ${join(", ", local.predefined_roles)}.",
        ])
        if can(local.not_entries[name]) || !(contains(local.predefined_roles, name) || can(local.applications[name]))
      ],
      [
        for circle in [[for name in local.reach_16[app] : name if contains(lookup(local.reach_16, name, []), app)]] :
        "${app}: ${local.joining_field[app]}: ${join(", ", circle)} are members of themselves in a circle, which no role can be. Take one of the memberships out."
        if contains(circle, app) && app == sort(concat(circle, [app]))[0]
      ],
      [
        for token in [[for name in local.reach_16[app] : name if try(tostring(local.applications[name].auth), "") == "iam"]] :
        "${app}: ${local.joining_field[app]}: is a member of ${token[0]}, which logs in by IAM: RDS would refuse its password. Take it out, or set auth = \"iam\"."
        if length(token) > 0 && try(tostring(local.applications[app].auth), "password") == "password"
      ],
    )
  ])

  # In the words of a plan: who is a member of an owner is an owner.
  membership_words = {
    for app, names in local.member_of : app => join("", concat(
      [for name in names : ", member of ${name}"],
      [for name in local.acts_as[app] : ", acts as ${name}"],
      [for schema in local.owns_schemas[app] : ", owner of its schema ${schema}"],
      [
        for owned in [[for name in local.reach_16[app] : local.applications[name].database_name if local.applications[name].access_level == "owner"]] :
        ", so an owner of ${join(", ", distinct(owned))}, drops included"
        if length(owned) > 0
      ],
    ))
  }
}
