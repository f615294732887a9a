# `terraform test` in modules/lambda-runner (Terraform 1.7): what is made for which variables. Nothing is made anywhere.

mock_provider "aws" {
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_data "aws_region" {
    defaults = { id = "eu-central-1" }
  }
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
}

mock_provider "archive" {
  mock_data "archive_file" {
    defaults = { output_base64sha256 = "Y29kZQ==" }
  }
}

variables {
  vpc_id      = "vpc-0123456789abcdef0"
  subnet_ids  = ["subnet-0123456789abcdef0"]
  secret_arns = ["arn:aws:secretsmanager:eu-central-1:123456789012:secret:platform/dev/*"]
  permits = [{
    environments = ["dev"]
    stacks       = ["orders/*"]
    instances    = ["orders.abcdefghijkl.eu-central-1.rds.amazonaws.com"]
    callers      = ["arn:aws:iam::123456789012:role/deployer"]
  }]
}

run "the_runner_alone" {
  command = plan

  assert {
    condition     = length(aws_lambda_function.own) == 0 && length(aws_lambda_permission.rotation) == 0 && length(aws_cloudwatch_event_rule.watch) == 0
    error_message = "Nothing but the runner is made where nothing else was asked for."
  }
  assert {
    condition     = output.rotation_function_arn == null && output.watch_log_group_name == null
    error_message = "What is not made has no name."
  }
  assert {
    condition     = aws_lambda_function.this.handler == "rds-provision.handler" && aws_lambda_function_event_invoke_config.this.maximum_retry_attempts == 0
    error_message = "The runner's handler is asked once."
  }
  assert {
    condition     = length(aws_vpc_security_group_ingress_rule.database) == 0 && length(aws_vpc_endpoint.this) == 0
    error_message = "No rule and no endpoint is made unasked."
  }
}

run "rotation_and_watch" {
  command = apply

  variables {
    database         = { security_group_id = "sg-0123456789abcdef0" }
    endpoints        = ["secretsmanager", "sts"]
    declaration_json = "{}"
    rotation = {
      admin_secret_arn  = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:platform/dev/rds/provisioner-AbCdEf"
      secret_arns       = ["arn:aws:secretsmanager:eu-central-1:123456789012:secret:platform/dev/keycloak/postgres-AbCdEf"]
      alternating_users = ["keycloak", "backstage"]
    }
    watch = {}
  }

  assert {
    condition     = join(" ", [for name, made in aws_lambda_function.own : made.handler]) == "rds-provision.rotate rds-provision.watch"
    error_message = "One function for each, with its handler."
  }
  assert {
    condition     = aws_lambda_function.own["rotation"].environment[0].variables.RDS_PROVISION_ALTERNATING_USERS == "keycloak,backstage"
    error_message = "The rotation function knows whose logins take turns."
  }
  assert {
    condition     = alltrue([for made in aws_lambda_function.own : made.environment[0].variables.RDS_PROVISION_DECLARATION_FILE == "/opt/declaration.json"])
    error_message = "Both have the declaration of the layer."
  }
  assert {
    condition = alltrue([
      for statement in jsondecode(aws_iam_role_policy.own["rotation"].policy).Statement :
      alltrue([for resource in flatten([statement.Resource]) : !endswith(resource, "dev/*")])
    ])
    error_message = "The rotation function reads and writes the secrets that it is given, and no other."
  }
  assert {
    condition = alltrue([
      for name in ["watch"] :
      !strcontains(aws_iam_role_policy.own[name].policy, "PutSecretValue")
    ]) && !strcontains(aws_iam_role_policy.this.policy, "PutSecretValue")
    error_message = "Nobody but the rotation function writes secrets."
  }
  assert {
    condition     = aws_lambda_permission.rotation[0].principal == "secretsmanager.amazonaws.com" && aws_lambda_permission.rotation[0].source_account == "123456789012"
    error_message = "Secrets Manager may ask it, for this account."
  }
  assert {
    condition     = aws_cloudwatch_event_rule.watch[0].schedule_expression == "rate(1 day)"
    error_message = "Once a day, unless it is said otherwise."
  }
  assert {
    condition     = join(" ", sort(keys(aws_vpc_endpoint.this))) == "secretsmanager sts" && length(aws_vpc_security_group_ingress_rule.database) == 1
    error_message = "The endpoints and the rule that were asked for."
  }
}

run "no_declaration" {
  command = plan

  variables {
    watch = {}
  }

  expect_failures = [aws_lambda_function.own]
}

run "nobody_is_permitted" {
  command = plan

  variables {
    permits = [{ environments = ["dev"], stacks = [], instances = ["a"], callers = ["b"] }]
  }

  expect_failures = [var.permits]
}

run "what_is_out_of_range" {
  command = plan

  variables {
    timeout     = 30
    memory_size = 100
    endpoints   = ["s3"]
    rotation    = { secret_arns = [] }
    watch       = { expires_within_days = -1 }
  }

  expect_failures = [var.timeout, var.memory_size, var.endpoints, var.rotation, var.watch]
}

# Terraform would drop them without a word, and a function permit every command to whoever was to plan.
run "what_nobody_knows" {
  command = plan

  variables {
    permits = [{
      environments = ["dev"]
      stacks       = ["orders/*"]
      instances    = ["orders.abcdefghijkl.eu-central-1.rds.amazonaws.com"]
      callers      = ["arn:aws:iam::123456789012:role/planner"]
      command      = ["plan"]
    }]
    database = { security_group_id = "sg-0123456789abcdef0", prot = 6432 }
    rotation = { secret_arns = ["arn:aws:secretsmanager:eu-central-1:123456789012:secret:a"], alternate_users = ["*"] }
    watch    = { scheduled = "rate(2 days)" }
  }

  expect_failures = [var.permits, var.database, var.rotation, var.watch]
}

run "some_commands" {
  command = plan

  variables {
    permits = [
      {
        environments = ["dev"]
        stacks       = ["orders/*"]
        instances    = ["orders.abcdefghijkl.eu-central-1.rds.amazonaws.com"]
        callers      = ["arn:aws:iam::123456789012:role/planner"]
        commands     = ["plan"]
      },
      {
        environments = ["dev"]
        stacks       = ["orders/*"]
        instances    = ["orders.abcdefghijkl.eu-central-1.rds.amazonaws.com"]
        callers      = ["arn:aws:iam::123456789012:role/deployer"]
        commands     = null
      },
    ]
    database = { security_group_id = "sg-0123456789abcdef0" }
  }

  assert {
    condition     = join(" ", [for permit in jsondecode(aws_lambda_function.this.environment[0].variables.RDS_PROVISION_PERMITS) : join(",", keys(permit))]) == "callers,commands,environments,instances,stacks callers,environments,instances,stacks"
    error_message = "Commands are those that are named, or all of them."
  }
  assert {
    condition     = aws_vpc_security_group_ingress_rule.database[0].from_port == 5432
    error_message = "The port has its default."
  }
}
