# What the role needs that runs Terraform here. See docs/runner.md for what can be left out.
data "aws_caller_identity" "this" {}
data "aws_region" "this" {}

locals {
  region  = data.aws_region.this.id
  account = data.aws_caller_identity.this.account_id
}

data "aws_iam_policy_document" "runner" {
  statement {
    sid       = "WhoRuns"
    actions   = ["sts:GetCallerIdentity"]
    resources = ["*"]
  }
  statement {
    sid       = "ReadSecrets"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = ["arn:aws:secretsmanager:${local.region}:${local.account}:secret:platform/${var.environment}/*"]
  }
  statement {
    sid       = "ReadSecretsTwentyAtATime"
    actions   = ["secretsmanager:BatchGetSecretValue"]
    resources = ["*"]
  }
  statement {
    sid = "SnapshotBeforeDelete"
    actions = [
      "rds:DescribeDBInstances", "rds:DescribeDBClusters", "rds:CreateDBSnapshot", "rds:DescribeDBSnapshots",
      "rds:CreateDBClusterSnapshot", "rds:DescribeDBClusterSnapshots", "rds:AddTagsToResource",
    ]
    resources = [
      for what in ["db:${var.db_instance_identifier}", "snapshot:*", "cluster:${var.db_instance_identifier}", "cluster-snapshot:*"] :
      "arn:aws:rds:${local.region}:${local.account}:${what}"
    ]
  }
}

output "runner_policy_json" {
  description = "For the role that runs Terraform."
  value       = data.aws_iam_policy_document.runner.json
}
