# What is wanted: the applications, and the instance they live on. How a run gets there is in variables-run.tf.
#
# `validation` may speak of its own variable only (Terraform < 1.9); what needs several is checked in checks.tf.

variable "environment" {
  description = "Environment of the instance: `dev`, `test`, `staging` or `prod`. Stands in default names, tags and the audit; outside `dev` a run needs `ALLOW_DB_PROVISION=true` and a build id."
  type        = string
  nullable    = false

  validation {
    condition     = contains(["dev", "test", "staging", "prod"], var.environment)
    error_message = "environment: ${jsonencode(var.environment)} is not accepted. Use dev, test, staging or prod."
  }
}

variable "instance" {
  description = "The PostgreSQL instance, by its own endpoint (no proxy, no reader): `host`, and, all optional, `port` (5432), `database` (the one the admin connects to, `postgres`), `identifier` (the first label of the host), `resource_id` (a new one, of a rebuilt instance, runs the provisioning again)."
  # A typed object({...}) would drop a misspelled attribute without a word; objects.tf does what the type would. A
  # validation may name no local (Terraform < 1.9), so each of the objects looks for the nearest name itself: the one
  # that shares most letters and pairs of letters. Without try(), which waits for values that are not known.
  type     = any
  nullable = false

  validation {
    condition     = can(keys(var.instance))
    error_message = "instance: is not an object. Use { host = \"<address of the instance>\" }."
  }
  validation {
    condition = length(setsubtract(keys(var.instance), ["database", "host", "identifier", "port", "resource_id"])) == 0
    error_message = join("\n", [
      for field in setsubtract(keys(var.instance), ["database", "host", "identifier", "port", "resource_id"]) : join("", [
        "instance.${field}: is not a known field. ",
        try([
          for match in reverse(sort([for known in ["database", "host", "identifier", "port", "resource_id"] : format("%03d \"%s\"", floor(
            200 * length(setintersection(
              flatten([for at in range(length(field)) : [substr(field, at, 1), substr(field, at, 2)]]),
              flatten([for at in range(length(known)) : [substr(known, at, 1), substr(known, at, 2)]]),
            )) / (2 * length(field) + 2 * length(known) - 2)
          ), known)])) : "Did you mean ${substr(match, 4, -1)}? " if tonumber(substr(match, 0, 3)) >= 50
        ][0], ""),
        "Known fields: database, host, identifier, port, resource_id.",
      ])
    ])
  }
  validation {
    condition     = can(regex("^([A-Za-z0-9_][A-Za-z0-9_.-]{0,252}|[0-9A-Fa-f:]*:[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*)$", var.instance.host))
    error_message = "instance.host: use a host name or address alone, without scheme, port or path (of an aws_db_instance: address, not endpoint)."
  }
  validation {
    condition     = !can(regex("(?i)\\.proxy-[^.]+(\\.[^.]+)*\\.rds\\.amazonaws\\.com", var.instance.host))
    error_message = "instance.host: an RDS Proxy cannot carry provisioning. Use the writer's own endpoint; applications may still connect through the proxy."
  }
  validation {
    condition = try(
      var.instance.port == null ? true : var.instance.port >= 1 && var.instance.port <= 65535 && floor(var.instance.port) == tonumber(var.instance.port),
      !can(var.instance.port),
    )
    error_message = "instance.port: use a whole number from 1 to 65535."
  }
  validation {
    # 84 characters of base64 hold exactly 63 bytes; length() would count characters.
    condition = try(
      var.instance.database == null ? true : (
        length(base64encode(var.instance.database)) <= 84 &&
        can(regex("^[^\\s\\p{Z}\\p{Cc}\\x{FEFF}]([^\\p{Cc}]*[^\\s\\p{Z}\\p{Cc}\\x{FEFF}])?$", var.instance.database))
      ),
      !can(var.instance.database),
    )
    error_message = "instance.database: use 1 to 63 bytes of UTF-8, without control characters and without white space at either end."
  }
  validation {
    condition = try(
      var.instance.identifier == null || can(regex("^[^\\s\\p{Z}\\p{Cc}\\x{FEFF}]([^\\p{Cc}]{0,253}[^\\s\\p{Z}\\p{Cc}\\x{FEFF}])?$", var.instance.identifier)),
      !can(var.instance.identifier),
    )
    error_message = "instance.identifier: use 1 to 255 characters, without control characters and without white space at either end, or leave it out."
  }
  validation {
    condition = try(
      var.instance.resource_id == null || can(regex("^[^\\s\\p{Z}\\p{Cc}\\x{FEFF}]([^\\p{Cc}]{0,253}[^\\s\\p{Z}\\p{Cc}\\x{FEFF}])?$", var.instance.resource_id)),
      !can(var.instance.resource_id),
    )
    error_message = "instance.resource_id: use 1 to 255 characters, without control characters and without white space at either end, or leave it out."
  }
}

variable "application_databases" {
  description = <<-EOT
    The single source of truth: one login on one database for each key. All fields are optional:
    `database_name` (`<app>_<environment>_db`), or `database_of` (the key of the entry whose database it is), `username` (`<app>_<environment>_user`) or `login_of` (the key of the entry whose login it is), `access_level` (`owner`, `editor`, `reader` or `none`; default `owner`),
    `secret_id` (`<secret_prefix>/<environment>/<app>/postgres`), `auth` (`password`, `iam` or `unmanaged`; default `password`), `can_login` (true), `can_create_databases` (false),
    `connection_limit`, `valid_until` (RFC 3339 with an offset), `settings` (map, for this role in this database), `schemas` (`["public"]`; `*`: all of the database's owner), `extensions`,
    `member_of` (keys of other entries, or predefined roles such as `pg_monitor`; a member of an owner is an owner, drops included), `acts_as` (key of an entry whose role what it creates belongs to), `owns_schemas` (schemas of the database that belong to this login's role, not to the database's owner),
    `privileges` (of an editor or reader: `tables`, `sequences`, `functions`, instead of those of the level),
    `encoding`, `locale`, `database_connection_limit` and `recreate_missing` (in the owner's entry), `cleanup_policy`, `adopt_existing` (false), `undeclared` (`keep`, `report` or `revoke`; default `report`, with `adopt_existing` `keep`).
    Entries that share a `database_name` share the database; exactly one of them is its owner.
  EOT
  # A typed map(object(...)) would drop a misspelled field without a word; checks.tf does what the type would.
  type     = any
  nullable = false

  validation {
    condition = try(alltrue([for app, entry in var.application_databases : can(keys(entry))]) && can(keys(var.application_databases)), false)
    error_message = join(" ", [
      "application_databases:",
      can(keys(var.application_databases)) ? try(join(", ", [
        for app, entry in var.application_databases : jsonencode(app) if !can(keys(entry))
      ]), "") : "the value",
      "is not an object. Use a map of objects, one for each application: { keycloak = {}, ... }.",
    ])
  }
  validation {
    condition = try(alltrue([for app in keys(var.application_databases) : can(regex("^[a-z][a-z0-9_-]*$", app))]), true)
    error_message = join(" ", [
      "application_databases:",
      try(join(", ", [
        for app in keys(var.application_databases) : jsonencode(app) if !can(regex("^[a-z][a-z0-9_-]*$", app))
      ]), "a key"),
      "is not a key that an application can have.",
      "Use a lower-case letter, then lower-case letters, digits, _ and -.",
    ])
  }
}

variable "cluster_name" {
  description = "Name of the cluster in tags and audit. Default: the instance's identifier."
  type        = string
  default     = null

  validation {
    condition     = var.cluster_name == null || can(regex("^[^\\s\\p{Z}\\p{Cc}\\x{FEFF}]([^\\p{Cc}]{0,253}[^\\s\\p{Z}\\p{Cc}\\x{FEFF}])?$", var.cluster_name))
    error_message = "cluster_name: use 1 to 255 characters, without control characters and without white space at either end, or leave it out."
  }
}

variable "stack" {
  description = "What owns these applications on the instance; two module calls on one instance must differ in it. Default: `<cluster_name>/<environment>`, and `/<workspace>` behind it outside of the workspace `default`."
  type        = string
  default     = null

  validation {
    condition     = var.stack == null || can(regex("^[^\\s\\p{Z}\\p{Cc}\\x{FEFF}]([^\\p{Cc}]{0,253}[^\\s\\p{Z}\\p{Cc}\\x{FEFF}])?$", var.stack))
    error_message = "stack: use 1 to 255 characters, without control characters and without white space at either end, or leave it out."
  }
}

variable "accept_tags_from" {
  description = "Other stacks whose roles and databases this one may take over: after a rename, a blue/green switch, a snapshot restored into another environment."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition = alltrue([
      for stack in var.accept_tags_from :
      can(regex("^[^\\s\\p{Z}\\p{Cc}\\x{FEFF}]([^\\p{Cc}]{0,253}[^\\s\\p{Z}\\p{Cc}\\x{FEFF}])?$", stack))
    ])
    error_message = "accept_tags_from: each stack has 1 to 255 characters, no control characters and no white space at either end."
  }
}

variable "tags" {
  description = "Tags added to the comment on every managed role and database."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition = length(setintersection(keys(var.tags), [
      "ManagedBy", "BuildId", "ClusterName", "Stack", "Environment", "Workspace", "Claim", "ClaimedAt", "ClaimedByBuildId",
      "TakenOverFrom", "Application", "OwnedDatabase", "PendingDatabase", "WithheldFor", "AdmittedMaster", "Marker",
      "Undeclared", "Removal", "CleanupPolicy", "Comment",
      "SecretVersionId", "ProvenSecret", "Auth", "ApprovedPlan", "UpdatedByBuildId",
    ])) == 0
    error_message = join(" ", [
      "tags: ManagedBy, BuildId, ClusterName, Stack, Environment, Workspace, Claim, ClaimedAt, ClaimedByBuildId,",
      "TakenOverFrom, Application, OwnedDatabase, PendingDatabase, WithheldFor, AdmittedMaster, Marker, Undeclared,",
      "Removal, CleanupPolicy, Comment,",
      "SecretVersionId, ProvenSecret, Auth, ApprovedPlan and UpdatedByBuildId",
      "are written by every run itself. Choose another key.",
    ])
  }
  validation {
    condition = alltrue([for key, value in var.tags :
      can(regex("^[^\\s\\p{Z}\\p{Cc}\\x{FEFF}]([^\\p{Cc}]{0,253}[^\\s\\p{Z}\\p{Cc}\\x{FEFF}])?$", key)) &&
      (value == null ? true : !can(regex("\\p{Cc}", value)))
    ])
    error_message = "tags: keys have 1 to 255 characters and no white space at either end; neither keys nor values have control characters."
  }
}

variable "cleanup_policy" {
  description = "What happens in the instance when an application leaves the map: `retain` (nothing), `disable` (it may not log in any more), `release` (it is managed no more, and nothing else changes), `delete`, or `snapshot-and-delete`. An application may name its own. Default: `retain` for an owner, `disable` for an editor or reader."
  type        = string
  default     = null

  validation {
    condition     = var.cleanup_policy == null ? true : contains(["retain", "disable", "release", "delete", "snapshot-and-delete"], var.cleanup_policy)
    error_message = "cleanup_policy: ${jsonencode(var.cleanup_policy)} is not accepted. Use retain, disable, release, delete or snapshot-and-delete."
  }
}

variable "secret_prefix" {
  description = "First part of the default secret ids, `<secret_prefix>/<environment>/<app>/postgres`."
  type        = string
  default     = "platform"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9/_+=.@!:-]+$", var.secret_prefix)) && length(var.secret_prefix) <= 2048
    error_message = "secret_prefix: use letters, digits and / _ + = . @ ! : -."
  }
}

variable "enforce_naming" {
  description = "Accept only names of lower-case letters, digits and _ that follow the convention: `<name>_<environment>_db` and `<name>_<environment>_<purpose>`."
  type        = bool
  default     = false
  nullable    = false
}
