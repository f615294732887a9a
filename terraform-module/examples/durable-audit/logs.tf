# Copy 2: CloudWatch Logs, for alarms and Logs Insights. Terraform has no resource that writes a log event; a function that
# prints what it is given has one, since its output goes to its log group. One event a record: an event holds 256 KiB.
resource "aws_cloudwatch_log_group" "audit" {
  name              = "/aws/lambda/${var.environment}-database-audit"
  retention_in_days = var.retention_days
}

data "archive_file" "printer" {
  type        = "zip"
  output_path = "${path.module}/.terraform/printer.zip"

  source {
    filename = "index.mjs"
    content  = <<-EOT
      export function handler({ run, records }) {
        for (const record of [...records, { type: 'run', ...run }]) process.stdout.write(JSON.stringify(record) + '\n')
      }
    EOT
  }
}

data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "write" {
  statement {
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.audit.arn}:*"]
  }
}

resource "aws_iam_role" "printer" {
  name               = "${var.environment}-database-audit"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_iam_role_policy" "printer" {
  role   = aws_iam_role.printer.id
  policy = data.aws_iam_policy_document.write.json
}

resource "aws_lambda_function" "printer" {
  function_name    = "${var.environment}-database-audit"
  role             = aws_iam_role.printer.arn
  runtime          = "nodejs22.x"
  handler          = "index.handler"
  filename         = data.archive_file.printer.output_path
  source_code_hash = data.archive_file.printer.output_base64sha256

  depends_on = [aws_cloudwatch_log_group.audit, aws_iam_role_policy.printer]
}

# Once a run: the audit changes with every run, and the invocation is made anew.
resource "aws_lambda_invocation" "audit" {
  function_name = aws_lambda_function.printer.function_name
  input         = module.databases.audit_json
  triggers      = { run = sha256(module.databases.audit_json) }
}
