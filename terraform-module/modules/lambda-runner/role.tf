# What the function may do, and nothing else.

resource "aws_iam_role" "this" {
  name                 = "${var.name}-function"
  permissions_boundary = var.permissions_boundary
  tags                 = var.tags
  assume_role_policy   = local.assume_role_policy
}

resource "aws_iam_role_policy" "this" {
  name = "provision"
  role = aws_iam_role.this.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      local.read_statements,
      [
        {
          Sid      = "WriteLog"
          Effect   = "Allow"
          Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
          Resource = "${aws_cloudwatch_log_group.this.arn}:*"
        },
        # Lambda itself makes the function's network interfaces; its code may not.
        # https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
        { Sid = "HaveNetwork", Effect = "Allow", Action = local.network_actions, Resource = "*" },
        {
          Sid       = "NotInCode"
          Effect    = "Deny"
          Action    = local.network_actions
          Resource  = "*"
          Condition = { ArnEquals = { "lambda:SourceFunctionArn" = local.function_arn } }
        },
      ],
      local.decrypt_statements,
      local.login_statements,
      length(var.snapshot_arns) == 0 ? [] : [{
        Sid      = "SnapshotBeforeDelete"
        Effect   = "Allow"
        Resource = var.snapshot_arns
        Action = [
          "rds:DescribeDBInstances", "rds:DescribeDBClusters", "rds:CreateDBSnapshot", "rds:DescribeDBSnapshots",
          "rds:CreateDBClusterSnapshot", "rds:DescribeDBClusterSnapshots", "rds:AddTagsToResource",
        ]
      }],
    )
  })
}

locals {
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "lambda.amazonaws.com" }
    }]
  })

  read_statements = [
    { Sid = "ReadSecrets", Effect = "Allow", Action = "secretsmanager:GetSecretValue", Resource = var.secret_arns },
    # AWS has no narrower resource for it; each secret in the batch needs the right above.
    { Sid = "ReadSecretsTwentyAtATime", Effect = "Allow", Action = "secretsmanager:BatchGetSecretValue", Resource = ["*"] },
  ]
  decrypt_statements = length(var.kms_key_arns) == 0 ? [] : [{
    Sid       = "DecryptSecrets"
    Effect    = "Allow"
    Action    = "kms:Decrypt"
    Resource  = var.kms_key_arns
    Condition = { StringLike = { "kms:ViaService" = "secretsmanager.${local.region}.amazonaws.com*" } }
  }]
  login_statements = length(var.database_logins) == 0 ? [] : [{
    Sid = "LogInByToken", Effect = "Allow", Action = "rds-db:connect", Resource = var.database_logins
  }]

  network_actions = [
    "ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses",
  ]
}
