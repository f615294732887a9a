# The functions: one does the runs, one rotates the secrets, one looks for drift once a day.
module "runner" {
  source = "../../modules/lambda-runner"

  vpc_id     = aws_vpc.main.id
  subnet_ids = aws_subnet.isolated[*].id
  database   = { security_group_id = aws_security_group.database.id, port = aws_db_instance.main.port }
  endpoints  = ["secretsmanager", "sts"]

  permits = [{
    environments = [var.environment]
    stacks       = ["${aws_db_instance.main.identifier}/*"]
    instances    = ["${aws_db_instance.main.address}:${aws_db_instance.main.port}"]
    callers      = [var.deployer_arn]
  }]
  secret_arns = concat(
    [data.aws_secretsmanager_secret.provisioner.arn, aws_db_instance.main.master_user_secret[0].secret_arn],
    [for secret in data.aws_secretsmanager_secret.login : secret.arn],
  )

  declaration_json = module.databases.declaration_json
  rotation = {
    admin_secret_arn = data.aws_secretsmanager_secret.provisioner.arn
    secret_arns      = [for secret in data.aws_secretsmanager_secret.login : secret.arn]
  }
  watch = { schedule = "cron(0 6 * * ? *)", expires_within_days = 21 }
}

output "invoke_policy_json" {
  description = "For the role that runs Terraform."
  value       = module.runner.invoke_policy_json
}
