output "runner" {
  description = "For the module's variable `runner`; known to be usable, since it waits for rights, rules and endpoints."
  value       = { function = aws_lambda_function.this.arn }

  depends_on = [
    aws_lambda_function_event_invoke_config.this,
    aws_vpc_security_group_egress_rule.aws,
    aws_vpc_security_group_egress_rule.database,
    aws_vpc_security_group_ingress_rule.database,
    aws_vpc_security_group_ingress_rule.endpoints,
    aws_vpc_endpoint.this,
  ]
}

output "invoke_policy_json" {
  description = "What whoever runs Terraform needs: the right to invoke the function, and nothing else."
  value = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "InvokeRunner"
        Effect   = "Allow"
        Action   = "lambda:InvokeFunction"
        Resource = [local.function_arn, "${local.function_arn}:*"]
      },
      { Sid = "WhoRuns", Effect = "Allow", Action = "sts:GetCallerIdentity", Resource = "*" },
    ]
  })
}

output "role_arn" {
  description = "The function's role: for the policies of secrets and keys in other accounts."
  value       = aws_iam_role.this.arn
}

output "security_group_id" {
  description = "The function's security group."
  value       = aws_security_group.this.id
}

output "log_group_name" {
  description = "Where every record of every run is, also of those whose runner was cut off."
  value       = aws_cloudwatch_log_group.this.name
}

output "rotation_function_arn" {
  description = "The function that rotates, for `rotation_lambda_arn` of `aws_secretsmanager_secret_rotation`; null where there is none. Known to be usable by Secrets Manager."
  value       = var.rotation == null ? null : aws_lambda_function.own["rotation"].arn

  depends_on = [aws_lambda_permission.rotation]
}

output "watch_log_group_name" {
  description = "Where the function that looks for drift writes its lines, for a metric filter; null where there is none."
  value       = var.watch == null ? null : aws_cloudwatch_log_group.own["watch"].name
}
