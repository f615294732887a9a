# Functions that nobody but AWS asks, with a declaration of their own: one that rotates secrets, one that looks for drift.
# The same file as the runner's, under other handlers, each with a role of its own.

locals {
  own = merge(
    var.rotation == null ? {} : { rotation = {
      description = "Rotates the secrets of database logins"
      handler     = "rds-provision.rotate"
      variables   = { RDS_PROVISION_ALTERNATING_USERS = join(",", local.rotation.alternating_users) }
      statements = concat(
        [
          {
            Sid    = "RotateSecrets"
            Effect = "Allow"
            Action = [
              "secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue",
              "secretsmanager:UpdateSecretVersionStage",
            ]
            Resource = local.rotation.secret_arns
          },
        ],
        local.rotation.admin_secret_arn == null ? [] : [{
          Sid = "ReadAdmin", Effect = "Allow", Action = "secretsmanager:GetSecretValue", Resource = [local.rotation.admin_secret_arn]
        }],
        local.decrypt_statements,
        length(var.kms_key_arns) == 0 ? [] : [{
          Sid       = "EncryptSecrets"
          Effect    = "Allow"
          Action    = "kms:GenerateDataKey"
          Resource  = var.kms_key_arns
          Condition = { StringLike = { "kms:ViaService" = "secretsmanager.${local.region}.amazonaws.com*" } }
        }],
        local.login_statements,
      )
    } },
    var.watch == null ? {} : { watch = {
      description = "Looks for drift and for logins that end soon"
      handler     = "rds-provision.watch"
      variables   = { RDS_PROVISION_EXPIRES_WITHIN_DAYS = tostring(local.watch.expires_within_days) }
      statements  = concat(local.read_statements, local.decrypt_statements, local.login_statements)
    } },
  )
}

# A layer of its own, so that neither the state nor a variable of the functions has to hold a large declaration.
data "archive_file" "declaration" {
  count = length(local.own) == 0 ? 0 : 1

  type        = "zip"
  output_path = "${path.root}/.rds-provision/${var.name}-declaration.zip"

  source {
    filename = "declaration.json"
    content  = var.declaration_json
  }
}

resource "aws_lambda_layer_version" "declaration" {
  count = length(local.own) == 0 ? 0 : 1

  layer_name       = "${var.name}-declaration"
  description      = "What the functions ${var.name}-rotation and ${var.name}-watch are for"
  filename         = data.archive_file.declaration[0].output_path
  source_code_hash = data.archive_file.declaration[0].output_base64sha256
}

resource "aws_lambda_function" "own" {
  for_each = local.own

  function_name    = "${var.name}-${each.key}"
  description      = each.value.description
  role             = aws_iam_role.own[each.key].arn
  runtime          = "nodejs22.x"
  architectures    = ["arm64"]
  handler          = each.value.handler
  filename         = data.archive_file.bundle.output_path
  source_code_hash = data.archive_file.bundle.output_base64sha256
  layers           = [aws_lambda_layer_version.declaration[0].arn]
  timeout          = 120
  memory_size      = var.memory_size
  tags             = var.tags

  vpc_config {
    subnet_ids         = var.subnet_ids
    security_group_ids = [aws_security_group.this.id]
  }

  environment {
    # Layers are unpacked below /opt.
    variables = merge(each.value.variables, { RDS_PROVISION_DECLARATION_FILE = "/opt/declaration.json" })
  }

  lifecycle {
    precondition {
      condition     = var.declaration_json != null
      error_message = "declaration_json: rotation and watch need it; give the output `declaration_json` of the module."
    }
  }

  depends_on = [aws_cloudwatch_log_group.own, aws_iam_role_policy.own]
}

# Secrets Manager and the next day try again by themselves.
resource "aws_lambda_function_event_invoke_config" "own" {
  for_each = local.own

  function_name          = aws_lambda_function.own[each.key].function_name
  maximum_retry_attempts = 0
}

resource "aws_cloudwatch_log_group" "own" {
  for_each = local.own

  name              = "/aws/lambda/${var.name}-${each.key}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.log_kms_key_arn
  tags              = var.tags
}

resource "aws_iam_role" "own" {
  for_each = local.own

  name                 = "${var.name}-${each.key}"
  permissions_boundary = var.permissions_boundary
  tags                 = var.tags
  assume_role_policy   = local.assume_role_policy
}

resource "aws_iam_role_policy" "own" {
  for_each = local.own

  name = each.key
  role = aws_iam_role.own[each.key].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(each.value.statements, [
      {
        Sid      = "WriteLog"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "${aws_cloudwatch_log_group.own[each.key].arn}:*"
      },
      { Sid = "HaveNetwork", Effect = "Allow", Action = local.network_actions, Resource = "*" },
      {
        Sid       = "NotInCode"
        Effect    = "Deny"
        Action    = local.network_actions
        Resource  = "*"
        Condition = { ArnEquals = { "lambda:SourceFunctionArn" = "${local.function_arn}-${each.key}" } }
      },
    ])
  })
}

# Which secrets it rotates is in its role and its declaration; AWS names no secret here.
# https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotating-secrets-required-permissions-function.html
resource "aws_lambda_permission" "rotation" {
  count = var.rotation == null ? 0 : 1

  function_name  = aws_lambda_function.own["rotation"].function_name
  action         = "lambda:InvokeFunction"
  principal      = "secretsmanager.amazonaws.com"
  source_account = local.account
}

resource "aws_cloudwatch_event_rule" "watch" {
  count = var.watch == null ? 0 : 1

  name                = "${var.name}-watch"
  description         = "Looks for drift and for logins that end soon"
  schedule_expression = local.watch.schedule
  tags                = var.tags
}

resource "aws_cloudwatch_event_target" "watch" {
  count = var.watch == null ? 0 : 1

  rule = aws_cloudwatch_event_rule.watch[0].name
  arn  = aws_lambda_function.own["watch"].arn
}

resource "aws_lambda_permission" "watch" {
  count = var.watch == null ? 0 : 1

  function_name = aws_lambda_function.own["watch"].function_name
  action        = "lambda:InvokeFunction"
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.watch[0].arn
}
