# The claim: an id of this state, which stands in every tag, so that two states do not take one application for theirs.
#
# `terraform import module.<name>.terraform_data.stack <claim>` gives a state that was lost its claim back. It is destroyed
# last of all: what is pending is carried out then, and what stays is claimed no more.
resource "terraform_data" "stack" {
  input = local.stack
  # When it was made, and for ever after: an apply soon after that meets secrets and permissions that AWS does not know yet.
  triggers_replace = timestamp()

  lifecycle {
    ignore_changes = [triggers_replace]
  }

  provisioner "local-exec" {
    when        = destroy
    interpreter = [try(split(" | ", self.output)[1], "node"), "${path.module}/dist/rds-provision.mjs", "destroy", "--requested", "--claim"]
    command     = self.id
    environment = { RDS_PROVISION_INPUT = self.output }
  }
}

# The markers: one for each application, so that a removal is seen in the plan and is asked for when it is destroyed.
#
# A changed input updates in place, which runs no destroy provisioner. They come before the provisioning, which knows the
# whole declaration: whoever of the two comes second carries a removal out (src/README.md: Removal).
resource "terraform_data" "application" {
  for_each = local.markers

  input = each.value

  # A marker of release 1.0 has JSON in place of the text, and stands for itself without an id.
  provisioner "local-exec" {
    when = destroy
    interpreter = concat(
      [try(split(" | ", self.output)[1], jsondecode(self.output).node_command, "node"), "${path.module}/dist/rds-provision.mjs"],
      ["destroy", "--request"], can(jsondecode(self.output)) ? [] : ["--marker", self.id], ["--application"],
    )
    command     = each.key
    environment = { RDS_PROVISION_INPUT = self.output }
  }
}

# What is declared, as people read it in a plan: each entry once, element by element, and those that stay are counted.
resource "terraform_data" "declaration" {
  triggers_replace = local.readable
}

# The provisioning: one run of the script for all applications.
#
# `terraform taint module.<name>.null_resource.provision` runs it again.
resource "null_resource" "provision" {
  triggers = merge(
    {
      claim           = terraform_data.stack.id
      declaration     = terraform_data.declaration.id
      markers         = sha256(join(",", [for marker in terraform_data.application : marker.id]))
      instance        = "${local.instance.host}:${local.instance.port}/${coalesce(local.instance.resource_id, "-")}"
      secret_versions = sha256(jsonencode(var.secret_versions))
      script          = filesha256("${path.module}/dist/rds-provision.mjs")
    },
    { for key in ["always_run"] : key => timestamp() if var.always_run },
  )

  # No shell: `interpreter` is the program and its arguments. No value here may be sensitive, or Terraform hides all of
  # the script's output.
  provisioner "local-exec" {
    interpreter = [var.node_command, "${path.module}/dist/rds-provision.mjs"]
    command     = "apply"
    environment = {
      RDS_PROVISION_INPUT      = local.input
      RDS_PROVISION_AUDIT_FILE = "${local.audit_dir}/${self.id}.json"
    }
  }

  lifecycle {
    precondition {
      condition     = length(local.field_problems) == 0
      error_message = join("\n", local.field_problems)
    }
    precondition {
      condition     = length(local.type_problems) == 0
      error_message = join("\n", local.type_problems)
    }
    precondition {
      condition     = length(local.name_problems) == 0
      error_message = join("\n", local.name_problems)
    }
    precondition {
      condition     = length(local.secret_problems) == 0
      error_message = join("\n", local.secret_problems)
    }
    precondition {
      condition     = length(local.value_problems) == 0
      error_message = join("\n", local.value_problems)
    }
    precondition {
      condition     = length(local.setting_problems) == 0
      error_message = join("\n", local.setting_problems)
    }
    precondition {
      condition     = length(local.right_problems) == 0
      error_message = join("\n", local.right_problems)
    }
    precondition {
      condition     = length(local.login_problems) == 0
      error_message = join("\n", local.login_problems)
    }
    precondition {
      condition     = length(local.reference_problems) == 0
      error_message = join("\n", local.reference_problems)
    }
    precondition {
      condition     = length(local.sharing_problems) == 0
      error_message = join("\n", local.sharing_problems)
    }
    precondition {
      condition     = var.admin_auth == "iam" || var.admin_secret_id != null
      error_message = "admin_secret_id: is missing. Name the secret of the delegated admin, or set admin_auth = \"iam\"."
    }
    precondition {
      condition     = !var.prepare_major_upgrade || var.master_secret_id != null
      error_message = "master_secret_id: is missing. Name the secret of the RDS master user, or take prepare_major_upgrade out."
    }
    precondition {
      condition = var.master_secret_id == null || var.master_secret_id != var.admin_secret_id
      error_message = join(" ", [
        "master_secret_id: is the secret of the delegated admin, which is to be another login than the master.",
        "Give the delegated admin a secret of its own.",
      ])
    }
    precondition {
      condition = local.tls.mode != "disable" || can(regex(
        "^(?i:(.+\\.)?localhost\\.?|127(\\.[0-9]{1,3}){3}|::1)$", try(local.connect_through.host, local.instance.host),
      ))
      error_message = join(" ", [
        "tls.mode: \"disable\" would send the session over the network in the clear.",
        "Use \"verify-full\"; \"disable\" is for a host on the loopback.",
      ])
    }
    precondition {
      # As the script reads it: from the folder that Terraform runs in, with no meaning of ~. A path that is not known yet
      # waits.
      condition = local.tls.ca_file == null || local.tls.mode == "disable" ? true : can(filebase64(
        startswith(local.tls.ca_file, "~") ? "./${local.tls.ca_file}" : local.tls.ca_file,
      ))
      error_message = join(" ", [
        "tls.ca_file: ${jsonencode(local.tls.ca_file)} cannot be read by Terraform, which runs in ${abspath(path.cwd)}.",
        "Give the path of a PEM file that is there before the plan, such as \"$${path.root}/ca.pem\";",
        "one that this apply makes needs a path that is not known before it.",
      ])
    }
    precondition {
      # The name, the equals sign and the closing NUL count too.
      condition = local.input_bytes <= local.most_input_bytes
      error_message = join(" ", [
        "application_databases: the declaration is ${local.input_bytes} bytes compressed;",
        "one environment variable holds at most ${local.most_input_bytes}${local.is_windows ? " on Windows" : ""}.",
        "Split the applications into two module calls with different `stack` values.",
      ])
    }
  }
}

# The audit of the last successful run, kept in the state: the file may be on another runner.
#
# Its text counts as sensitive in the plan alone, which would print all of it; it holds no secret.
resource "null_resource" "audit" {
  triggers = {
    # Unlike replace_triggered_by this also sees a run that an earlier, targeted or interrupted apply has done.
    run  = local.is_audit_large ? "-" : null_resource.provision.id
    json = sensitive(local.is_audit_large ? "null" : local.last_audit)
  }

  lifecycle {
    ignore_changes = [triggers["json"]] # the file is gone on the next runner
  }
}

# Where there are many applications it is kept here instead: Terraform sends it to a provider with each plan, and old ones
# take no message above 4 MiB. What is built into Terraform has no such bound. As triggers, since a plan prints an input twice.
resource "terraform_data" "large_audit" {
  count = local.is_audit_large ? 1 : 0

  triggers_replace = {
    run  = null_resource.provision.id
    json = sensitive(local.last_audit)
  }

  lifecycle {
    ignore_changes = [triggers_replace.json]
  }
}

locals {
  last_audit = try(file("${local.audit_dir}/${null_resource.provision.id}.json"), "null")
  # Known at plan, as the size of the audit is not. An application that is new takes four thousand bytes of it.
  is_audit_large = length(var.application_databases) > 200
}
