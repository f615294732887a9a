# A Lambda function that does the runs of the module beside the instance: the very file that a runner would run.

data "aws_partition" "this" {}
data "aws_region" "this" {}
data "aws_caller_identity" "this" {}

locals {
  partition = data.aws_partition.this.partition
  # `region` of the data source is there from hashicorp/aws 6 on, `id` always.
  region  = data.aws_region.this.id
  account = data.aws_caller_identity.this.account_id
  # Written out, so that the policies need not wait for the function, nor the function's permits for itself.
  function_arn = "arn:${local.partition}:lambda:${local.region}:${local.account}:function:${var.name}"
}

# The same bytes for the same bundle on every machine: archive_file writes no time, and the mode is given.
data "archive_file" "bundle" {
  type             = "zip"
  source_file      = "${path.module}/../../dist/rds-provision.mjs"
  output_path      = "${path.root}/.rds-provision/${var.name}.zip"
  output_file_mode = "0644"
}

resource "aws_lambda_function" "this" {
  function_name    = var.name
  description      = "Provisions PostgreSQL roles, databases and privileges inside the VPC"
  role             = aws_iam_role.this.arn
  runtime          = "nodejs22.x"
  architectures    = ["arm64"]
  handler          = "rds-provision.handler"
  filename         = data.archive_file.bundle.output_path
  source_code_hash = data.archive_file.bundle.output_base64sha256
  timeout          = var.timeout
  memory_size      = var.memory_size
  tags             = var.tags

  vpc_config {
    subnet_ids         = var.subnet_ids
    security_group_ids = [aws_security_group.this.id]
  }

  environment {
    variables = { RDS_PROVISION_PERMITS = jsonencode(local.permits) }
  }

  lifecycle {
    precondition {
      condition     = length(jsonencode(local.permits)) <= 4000
      error_message = "permits: they are ${length(jsonencode(local.permits))} characters as JSON, and a function's variables hold 4 KB. Use patterns, or a second function."
    }
  }

  # A function that starts without its log group makes one that is kept for ever.
  depends_on = [aws_cloudwatch_log_group.this, aws_iam_role_policy.this]
}

# Nobody but the client asks it, and that never asynchronously: what fails there is not tried again.
resource "aws_lambda_function_event_invoke_config" "this" {
  function_name          = aws_lambda_function.this.function_name
  maximum_retry_attempts = 0
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/aws/lambda/${var.name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.log_kms_key_arn
  tags              = var.tags
}
