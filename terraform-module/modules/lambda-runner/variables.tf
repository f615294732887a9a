variable "name" {
  description = "Name of the function, and the beginning of the names of what it needs."
  type        = string
  default     = "rds-provision"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,40}$", var.name))
    error_message = "name: use 1 to 40 letters, digits, _ and -."
  }
}

variable "vpc_id" {
  description = "The VPC of the instance."
  type        = string
}

variable "subnet_ids" {
  description = "Private subnets for the function, from which the instance, and AWS by a NAT gateway or endpoints, can be reached."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) > 0
    error_message = "subnet_ids: name one subnet at least, better two."
  }
}

variable "database" {
  description = "`security_group_id` of the instance, which gets a rule that lets the function in, and its `port` (5432). Default: no rule is made."
  # An object, since the id of a group that is made in the same apply is not known when resources are counted. Of no
  # type, here and below: a typed one would drop a misspelled attribute without a word; objects.tf does what it would do.
  type    = any
  default = null

  validation {
    condition     = length(setsubtract(var.database == null ? [] : keys(var.database), ["security_group_id", "port"])) == 0
    error_message = "database: ${join(", ", setsubtract(var.database == null ? [] : keys(var.database), ["security_group_id", "port"]))} is not known. Use an object of security_group_id, port."
  }
  validation {
    condition     = var.database == null || can(regex(".", var.database.security_group_id))
    error_message = "database.security_group_id: name the security group of the instance."
  }
  validation {
    condition = try(
      var.database.port == null ? true : var.database.port >= 1 && var.database.port <= 65535 && floor(var.database.port) == tonumber(var.database.port),
      !can(var.database.port),
    )
    error_message = "database.port: use a whole number from 1 to 65535."
  }
}

variable "permits" {
  description = "What the function does, and for whom: one of the list has to allow all of a request. `environments`; `stacks`: as the module's `stack`; `instances`: hosts, with `:port` where it is not 5432; `callers`: ARNs of IAM roles, which stand for their sessions, or ARNs as STS tells them; `commands`: default all of `apply`, `plan`, `destroy`, `report` and `prepare-upgrade`. In all but `environments` and `commands` `*` stands for any characters."
  type        = any

  # The names are known where values are not, so they are asked for without try().
  validation {
    condition = length(setsubtract(
      flatten([for permit in var.permits : keys(permit)]), ["environments", "stacks", "instances", "callers", "commands"],
    )) == 0
    error_message = join(" ", ["permits:", join(", ", setsubtract(
      flatten([for permit in var.permits : keys(permit)]), ["environments", "stacks", "instances", "callers", "commands"],
    )), "is not known. Use a list of objects of environments, stacks, instances, callers, commands."])
  }
  validation {
    condition = alltrue([
      for permit in var.permits :
      can([for value in tolist(permit.environments) : regex("", value)]) && try(length(permit.environments) > 0, false) &&
      can([for value in tolist(permit.stacks) : regex("", value)]) && try(length(permit.stacks) > 0, false) &&
      can([for value in tolist(permit.instances) : regex("", value)]) && try(length(permit.instances) > 0, false) &&
      can([for value in tolist(permit.callers) : regex("", value)]) && try(length(permit.callers) > 0, false)
    ])
    error_message = "permits: environments, stacks, instances and callers are lists that name one thing at least; one that is empty permits nothing."
  }
  validation {
    condition = alltrue([
      for permit in var.permits : try(length(setsubtract(permit.environments, ["dev", "test", "staging", "prod"])) == 0, true)
    ])
    error_message = "permits: environments are dev, test, staging and prod."
  }
  validation {
    condition = alltrue([
      for permit in var.permits : try(
        permit.commands == null ? true :
        length(setsubtract(permit.commands, ["apply", "plan", "destroy", "report", "prepare-upgrade"])) == 0 && length(permit.commands) > 0,
        !can(permit.commands),
      )
    ])
    error_message = "permits: commands are apply, plan, destroy, report and prepare-upgrade; leave it out for all of them."
  }
}

variable "secret_arns" {
  description = "ARNs of the secrets that runs may read: the delegated admin's, the applications', and the master's where it is used. `*` at the end stands for the six characters that AWS adds."
  type        = list(string)

  validation {
    condition     = length(var.secret_arns) > 0
    error_message = "secret_arns: name the delegated admin's secret at least."
  }
}

variable "kms_key_arns" {
  description = "ARNs of the customer managed keys of those secrets."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "database_logins" {
  description = "ARNs of `rds-db:connect`, where the delegated admin logs in by IAM: `arn:aws:rds-db:<region>:<account>:dbuser:<resource id>/<login>`."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "snapshot_arns" {
  description = "For removals with `snapshot-and-delete`: ARNs of the instance or cluster, and of the snapshots that may be made of it (`arn:aws:rds:<region>:<account>:snapshot:*`)."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "declaration_json" {
  description = "For `rotation` and `watch`: the output `declaration_json` of the module. It says which logins there are, and where."
  type        = string
  default     = null
}

variable "rotation" {
  description = "Makes a function that rotates the secrets of declared logins: `secret_arns` are the secrets that it may change, `admin_secret_arn` the delegated admin's (null where it logs in by IAM), `alternating_users` the applications whose login takes turns with `<username>_clone` (`*`: all; default none). Default: none is made."
  type        = any
  default     = null

  validation {
    condition     = length(setsubtract(var.rotation == null ? [] : keys(var.rotation), ["secret_arns", "admin_secret_arn", "alternating_users"])) == 0
    error_message = "rotation: ${join(", ", setsubtract(var.rotation == null ? [] : keys(var.rotation), ["secret_arns", "admin_secret_arn", "alternating_users"]))} is not known. Use an object of secret_arns, admin_secret_arn, alternating_users."
  }
  validation {
    condition     = var.rotation == null || can([for value in tolist(var.rotation.secret_arns) : regex(".", value)]) && try(length(var.rotation.secret_arns) > 0, false)
    error_message = "rotation: name one secret at least in secret_arns."
  }
  validation {
    condition = try(
      var.rotation.alternating_users == null ? true : can([for value in tolist(var.rotation.alternating_users) : regex(".", value)]),
      !can(var.rotation.alternating_users),
    )
    error_message = "rotation: alternating_users is a list of keys of applications."
  }
}

variable "watch" {
  description = "Makes a function that looks on a `schedule` of EventBridge (`rate(1 day)`) for drift and for logins that end within `expires_within_days` (14), and writes one line to its log. Default: none is made."
  type        = any
  default     = null

  validation {
    condition     = length(setsubtract(var.watch == null ? [] : keys(var.watch), ["schedule", "expires_within_days"])) == 0
    error_message = "watch: ${join(", ", setsubtract(var.watch == null ? [] : keys(var.watch), ["schedule", "expires_within_days"]))} is not known. Use an object of schedule, expires_within_days."
  }
  validation {
    condition     = try(var.watch.schedule == null || can(regex(".", var.watch.schedule)), !can(var.watch.schedule))
    error_message = "watch: schedule is an expression of EventBridge, such as rate(1 day)."
  }
  validation {
    condition = try(
      var.watch.expires_within_days == null ? true : var.watch.expires_within_days >= 0 && var.watch.expires_within_days <= 3650,
      !can(var.watch.expires_within_days),
    )
    error_message = "watch: expires_within_days is from 0 to 3650."
  }
}

variable "endpoints" {
  description = "Interface endpoints to make in the subnets, where they have no other way to AWS: of `secretsmanager`, `sts`, `kms` and `rds`."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = length(setsubtract(var.endpoints, ["secretsmanager", "sts", "kms", "rds"])) == 0
    error_message = "endpoints: use some of secretsmanager, sts, kms and rds."
  }
}

variable "timeout" {
  description = "Seconds that one turn of a run may take; a run has as many turns as it needs."
  type        = number
  default     = 900
  nullable    = false

  validation {
    condition     = var.timeout >= 120 && var.timeout <= 900 && floor(var.timeout) == var.timeout
    error_message = "timeout: use a whole number of seconds from 120 to 900."
  }
}

variable "memory_size" {
  description = "Memory of the function in MB, which its share of a processor goes by."
  type        = number
  default     = 512
  nullable    = false

  validation {
    condition     = var.memory_size >= 256 && var.memory_size <= 10240 && floor(var.memory_size) == var.memory_size
    error_message = "memory_size: use a whole number from 256 to 10240."
  }
}

variable "log_retention_days" {
  description = "Days that the function's log is kept: it has every record of every run."
  type        = number
  default     = 365
  nullable    = false
}

variable "log_kms_key_arn" {
  description = "Customer managed key of the log. Default: CloudWatch's own."
  type        = string
  default     = null
}

variable "permissions_boundary" {
  description = "ARN of the permissions boundary of the function's role."
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags of everything that is made."
  type        = map(string)
  default     = {}
  nullable    = false
}
