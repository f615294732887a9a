# How a run gets there: who logs in, over which way, and where it reports.

variable "admin_secret_id" {
  description = "Name or ARN of the delegated admin's secret, in the JSON format of RDS (`username`, `password`). Needed unless `admin_auth` is `iam`."
  type        = string
  default     = null

  validation {
    condition     = var.admin_secret_id == null || can(regex("^[A-Za-z0-9/_+=.@!:-]+$", var.admin_secret_id)) && try(length(var.admin_secret_id) <= 2048, false)
    error_message = "admin_secret_id: use the name or ARN of a secret: letters, digits and / _ + = . @ ! : -."
  }
}

variable "admin_auth" {
  description = "How the delegated admin logs in: `password`, or `iam` (a token of IAM database authentication)."
  type        = string
  default     = "password"
  nullable    = false

  validation {
    condition     = contains(["password", "iam"], var.admin_auth)
    error_message = "admin_auth: ${jsonencode(var.admin_auth)} is not accepted. Use password or iam."
  }
}

variable "admin_username" {
  description = "Login of the delegated admin where its secret names none, and with `admin_auth = \"iam\"`."
  type        = string
  default     = "platform_provisioner"
  nullable    = false

  validation {
    # 84 characters of base64 hold exactly 63 bytes; length() would count characters.
    condition = (
      length(base64encode(var.admin_username)) <= 84 &&
      can(regex("^[^\\s\\p{Z}\\p{Cc}\\x{FEFF}]([^\\p{Cc}]*[^\\s\\p{Z}\\p{Cc}\\x{FEFF}])?$", var.admin_username))
    )
    error_message = "admin_username: use 1 to 63 bytes of UTF-8, without control characters and without white space at either end."
  }
}

variable "master_secret_id" {
  description = "Name or ARN of the master user's secret. Read only to create or repair the delegated admin, to make extensions of a new database that only the master can make, and for its username while `prepare_major_upgrade` is set."
  type        = string
  default     = null

  validation {
    condition = (
      var.master_secret_id == null ||
      can(regex("^[A-Za-z0-9/_+=.@!:-]+$", var.master_secret_id)) && try(length(var.master_secret_id) <= 2048, false)
    )
    error_message = "master_secret_id: use the name or ARN of a secret: letters, digits and / _ + = . @ ! : -."
  }
}

variable "prepare_major_upgrade" {
  description = "Before an upgrade from PostgreSQL 14 or 15 to 16 or later: a helper role keeps the delegated admin's rights over all managed roles. Needs `master_secret_id`; does nothing from 16 on."
  type        = bool
  default     = false
  nullable    = false
}

variable "aws_region" {
  description = "Region of the secrets and the instance. Default: that of the environment (`AWS_REGION`, profile)."
  type        = string
  default     = null

  validation {
    condition     = var.aws_region == null || can(regex("^[a-z0-9]+(-[a-z0-9]+)+$", var.aws_region))
    error_message = "aws_region: use a region such as eu-central-1, or leave it out."
  }
}

variable "assume_role_arn" {
  description = "IAM role to assume for all AWS calls of the script."
  type        = string
  default     = null

  validation {
    condition     = var.assume_role_arn == null || can(regex("^arn:[a-z-]+:iam::[0-9]{12}:role/[!-~]{1,512}$", var.assume_role_arn))
    error_message = "assume_role_arn: use the ARN of an IAM role, arn:aws:iam::<account>:role/<name>, or leave it out."
  }
}

variable "external_id" {
  description = "External id that the trust policy of `assume_role_arn` asks for."
  type        = string
  default     = null

  validation {
    # A regular expression of Terraform (RE2) counts to 1,000.
    condition = var.external_id == null || (
      can(regex("^[A-Za-z0-9_+=,.@:/-]{2,}$", var.external_id)) && length(coalesce(var.external_id, "-")) <= 1224
    )
    error_message = "external_id: use 2 to 1224 characters: letters, digits and _ + = , . @ : / -, or leave it out."
  }
}

variable "aws_profile" {
  description = "Profile of the runner's AWS configuration, for runs whose environment cannot be set. It goes before every other source of credentials."
  type        = string
  default     = null

  validation {
    condition     = var.aws_profile == null || can(regex("^[^\\s\\p{Z}\\p{Cc}\\x{FEFF}]([^\\p{Cc}]{0,253}[^\\s\\p{Z}\\p{Cc}\\x{FEFF}])?$", var.aws_profile))
    error_message = "aws_profile: use 1 to 255 characters, without control characters and without white space at either end, or leave it out."
  }
}

variable "expected_account" {
  description = "Id of the AWS account that a run has to be in. In another one it is blocked before it reads a secret."
  type        = string
  default     = null

  validation {
    condition     = var.expected_account == null || can(regex("^[0-9]{12}$", var.expected_account))
    error_message = "expected_account: use the id of an AWS account, 12 digits, or leave it out."
  }
}

variable "runner" {
  description = "Lambda function that does the runs in the runner's place: `function`, its name or ARN, such as the output `runner` of `modules/lambda-runner`. Default: none, the runner reaches the instance itself."
  type        = any # As instance: a typed object would drop a misspelled attribute.
  default     = null

  validation {
    condition     = var.runner == null || can(keys(var.runner))
    error_message = "runner: is not an object. Use { function = \"<name or ARN>\" }, or leave it out."
  }
  validation {
    condition = length(setsubtract(var.runner == null ? [] : keys(var.runner), ["function"])) == 0
    error_message = join("\n", [
      for field in setsubtract(var.runner == null ? [] : keys(var.runner), ["function"]) : join("", [
        "runner.${field}: is not a known field. ",
        try([
          for match in reverse(sort([for known in ["function"] : format("%03d \"%s\"", floor(
            200 * length(setintersection(
              flatten([for at in range(length(field)) : [substr(field, at, 1), substr(field, at, 2)]]),
              flatten([for at in range(length(known)) : [substr(known, at, 1), substr(known, at, 2)]]),
            )) / (2 * length(field) + 2 * length(known) - 2)
          ), known)])) : "Did you mean ${substr(match, 4, -1)}? " if tonumber(substr(match, 0, 3)) >= 50
        ][0], ""),
        "Known fields: function.",
      ])
    ])
  }
  validation {
    condition = var.runner == null || can(regex(
      "^(arn:aws[a-z-]*:lambda:[a-z0-9-]{1,40}:[0-9]{12}:function:)?[A-Za-z0-9_-]{1,64}(:[A-Za-z0-9$_-]{1,128})?$",
      var.runner.function,
    ))
    error_message = "runner.function: use the name of a Lambda function, or its ARN, with or without a version or alias."
  }
}

variable "connect_through" {
  description = "Near end of a tunnel to the instance (bastion, SSM port forwarding): `host`, `port` (5432). Only the connection goes there: the certificate, outputs, tags and audit are those of `instance`. Use a fixed port, since removals use the last applied one."
  type        = any # As instance.
  default     = null

  validation {
    condition     = var.connect_through == null || can(keys(var.connect_through))
    error_message = "connect_through: is not an object. Use { host = \"localhost\", port = <port> }, or leave it out."
  }
  validation {
    condition = length(setsubtract(var.connect_through == null ? [] : keys(var.connect_through), ["host", "port"])) == 0
    error_message = join("\n", [
      for field in setsubtract(var.connect_through == null ? [] : keys(var.connect_through), ["host", "port"]) : join("", [
        "connect_through.${field}: is not a known field. ",
        try([
          for match in reverse(sort([for known in ["host", "port"] : format("%03d \"%s\"", floor(
            200 * length(setintersection(
              flatten([for at in range(length(field)) : [substr(field, at, 1), substr(field, at, 2)]]),
              flatten([for at in range(length(known)) : [substr(known, at, 1), substr(known, at, 2)]]),
            )) / (2 * length(field) + 2 * length(known) - 2)
          ), known)])) : "Did you mean ${substr(match, 4, -1)}? " if tonumber(substr(match, 0, 3)) >= 50
        ][0], ""),
        "Known fields: host, port.",
      ])
    ])
  }
  validation {
    condition = (
      var.connect_through == null ||
      can(regex("^([A-Za-z0-9_][A-Za-z0-9_.-]{0,252}|[0-9A-Fa-f:]*:[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*)$", var.connect_through.host))
    )
    error_message = "connect_through.host: use a host name or address alone, without scheme, port or path."
  }
  validation {
    condition     = !can(regex("(?i)\\.proxy-[^.]+(\\.[^.]+)*\\.rds\\.amazonaws\\.com", var.connect_through.host))
    error_message = "connect_through.host: an RDS Proxy cannot carry provisioning. Use a tunnel to the writer's own endpoint."
  }
  validation {
    condition = try(
      var.connect_through.port == null ? true : var.connect_through.port >= 1 && var.connect_through.port <= 65535 && floor(var.connect_through.port) == tonumber(var.connect_through.port),
      !can(var.connect_through.port),
    )
    error_message = "connect_through.port: use a whole number from 1 to 65535."
  }
}

variable "tls" {
  description = "`mode`: `verify-full` (default), `verify-ca`, or `disable` (loopback only). `ca_file`: PEM file; default: the certificate authorities of RDS, which come with the script. `server_name`: name expected in the certificate; default: the instance's host."
  type        = any # As instance.
  default     = {}
  nullable    = false

  validation {
    condition     = can(keys(var.tls))
    error_message = "tls: is not an object. Use { mode = \"verify-full\" }, or leave it out."
  }
  validation {
    condition = length(setsubtract(keys(var.tls), ["ca_file", "mode", "server_name"])) == 0
    error_message = join("\n", [
      for field in setsubtract(keys(var.tls), ["ca_file", "mode", "server_name"]) : join("", [
        "tls.${field}: is not a known field. ",
        try([
          for match in reverse(sort([for known in ["ca_file", "mode", "server_name"] : format("%03d \"%s\"", floor(
            200 * length(setintersection(
              flatten([for at in range(length(field)) : [substr(field, at, 1), substr(field, at, 2)]]),
              flatten([for at in range(length(known)) : [substr(known, at, 1), substr(known, at, 2)]]),
            )) / (2 * length(field) + 2 * length(known) - 2)
          ), known)])) : "Did you mean ${substr(match, 4, -1)}? " if tonumber(substr(match, 0, 3)) >= 50
        ][0], ""),
        "Known fields: ca_file, mode, server_name.",
      ])
    ])
  }
  validation {
    condition     = try(var.tls.mode == null ? true : contains(["verify-full", "verify-ca", "disable"], var.tls.mode), !can(var.tls.mode))
    error_message = "tls.mode: ${try(jsonencode(var.tls.mode), "the value")} is not accepted. Use verify-full, verify-ca or disable."
  }
  validation {
    condition     = try(var.tls.ca_file == null || can(regex("^[^\\p{Cc}]+$", var.tls.ca_file)), !can(var.tls.ca_file))
    error_message = "tls.ca_file: use the path of a PEM file, or leave it out."
  }
  validation {
    condition = try(
      var.tls.server_name == null ||
      can(regex("^([A-Za-z0-9_][A-Za-z0-9_.-]{0,252}|[0-9A-Fa-f:]*:[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*)$", var.tls.server_name)),
      !can(var.tls.server_name),
    )
    error_message = "tls.server_name: use a host name, or leave it out."
  }
}

variable "max_connections" {
  description = "Connections that a run may hold at the same time, besides the one that holds its lock."
  type        = number
  default     = 4
  nullable    = false

  validation {
    condition     = var.max_connections >= 1 && var.max_connections <= 1000 && floor(var.max_connections) == var.max_connections
    error_message = "max_connections: use a whole number from 1 to 1000."
  }
}

variable "verify_logins" {
  description = "Which passwords a run proves by logging in: `all`, or `changed`, those with which no run before has logged in: a new role, or another version of the secret. With `changed` a password that was changed by hand is not noticed."
  type        = string
  default     = "all"
  nullable    = false

  validation {
    condition     = contains(["all", "changed"], var.verify_logins)
    error_message = "verify_logins: ${jsonencode(var.verify_logins)} is not accepted. Use all or changed."
  }
}

variable "connect_timeout" {
  description = "Seconds to wait for the instance to answer: one just created, or a serverless one waking up."
  type        = number
  default     = 300
  nullable    = false

  validation {
    condition     = var.connect_timeout >= 1 && var.connect_timeout <= 2147483 && floor(var.connect_timeout) == var.connect_timeout
    error_message = "connect_timeout: use a whole number of seconds from 1 to 2147483."
  }
}

variable "lock_timeout" {
  description = "Seconds to wait for another run on the same instance, or for a lock on an object."
  type        = number
  default     = 300
  nullable    = false

  validation {
    condition     = var.lock_timeout >= 1 && var.lock_timeout <= 2147483 && floor(var.lock_timeout) == var.lock_timeout
    error_message = "lock_timeout: use a whole number of seconds from 1 to 2147483."
  }
}

variable "build_id" {
  description = "Build that this run belongs to; stands in tags and audit. Default: `RDS_PROVISION_BUILD_ID`, else the CI system's build number. A new one alone plans nothing."
  type        = string
  default     = null

  validation {
    condition     = var.build_id == null || can(regex("^[^\\s\\p{Z}\\p{Cc}\\x{FEFF}]([^\\p{Cc}]{0,253}[^\\s\\p{Z}\\p{Cc}\\x{FEFF}])?$", var.build_id))
    error_message = "build_id: use 1 to 255 characters, without control characters and without white space at either end, or leave it out."
  }
}

variable "run_id" {
  description = "Id of this run in the audit. Default: `RDS_PROVISION_RUN_ID`, else the CI system's run id, else a UUID."
  type        = string
  default     = null

  validation {
    condition     = var.run_id == null || can(regex("^[^\\s\\p{Z}\\p{Cc}\\x{FEFF}]([^\\p{Cc}]{0,253}[^\\s\\p{Z}\\p{Cc}\\x{FEFF}])?$", var.run_id))
    error_message = "run_id: use 1 to 255 characters, without control characters and without white space at either end, or leave it out."
  }
}

variable "audit_dir" {
  description = "Folder for the audit of each run, made if missing. Give a path relative to the root module, so that it is the same on every runner. Default: `.rds-provision/audit` in the root module."
  type        = string
  default     = null

  validation {
    condition     = var.audit_dir == null || can(regex("^[^\\p{Cc}]+$", var.audit_dir))
    error_message = "audit_dir: use the path of a folder, or leave it out."
  }
}

variable "governance_dir" {
  description = "Folder in which every run appends to the governance files and rewrites the access matrix. None by default. Relative, as `audit_dir`."
  type        = string
  default     = null

  validation {
    condition     = var.governance_dir == null || can(regex("^[^\\p{Cc}]+$", var.governance_dir))
    error_message = "governance_dir: use the path of a folder, or leave it out."
  }
}

variable "always_run" {
  description = "Run the provisioning at every apply, so that what was changed by hand in the instance is put right."
  type        = bool
  default     = false
  nullable    = false
}

variable "secret_versions" {
  description = "Any map; a change of it runs the provisioning again. Give the version ids of the secrets, never a secret: it also makes the provisioning wait for them, and a destroy run before they go."
  type        = any
  default     = {}
}

variable "node_command" {
  description = "The Node.js program, 20.19 or later: a name on the PATH, or a path. One program, no arguments."
  type        = string
  default     = "node"
  nullable    = false

  validation {
    condition     = can(regex("^[^\\p{Cc}]+$", var.node_command))
    error_message = "node_command: use the name or path of one program."
  }
}
