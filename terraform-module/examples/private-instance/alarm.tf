# Somebody is told of drift and of logins that end soon, and of a day on which nobody could look.
resource "aws_sns_topic" "database" {
  name = "orders-${var.environment}-database"
}

resource "aws_cloudwatch_log_metric_filter" "attention" {
  name           = "orders-${var.environment}-database-attention"
  log_group_name = module.runner.watch_log_group_name
  pattern        = "{ $.type = \"watch\" }"

  metric_transformation {
    name      = "attention"
    namespace = "rds-provision/orders-${var.environment}"
    value     = "$.attention"
  }
}

resource "aws_cloudwatch_metric_alarm" "attention" {
  alarm_name          = "orders-${var.environment}-database-attention"
  alarm_description   = "The log ${module.runner.watch_log_group_name} says what differs, which logins end soon, or why nobody could look."
  namespace           = "rds-provision/orders-${var.environment}"
  metric_name         = aws_cloudwatch_log_metric_filter.attention.metric_transformation[0].name
  statistic           = "Maximum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  period              = 86400
  evaluation_periods  = 1
  treat_missing_data  = "breaching" # a function that does not look any more
  alarm_actions       = [aws_sns_topic.database.arn]
}
