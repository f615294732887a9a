# A VPC without a way out: no internet gateway, no NAT. Whatever has to reach AWS does it by the endpoints of runner.tf.
data "aws_availability_zones" "available" {
  state = "available"
}

resource "aws_vpc" "main" {
  cidr_block           = "10.42.0.0/16"
  enable_dns_hostnames = true # for the endpoints' private names
}

resource "aws_subnet" "isolated" {
  count = 2

  vpc_id            = aws_vpc.main.id
  cidr_block        = cidrsubnet(aws_vpc.main.cidr_block, 8, count.index)
  availability_zone = element(data.aws_availability_zones.available.names, count.index)
}

resource "aws_db_subnet_group" "isolated" {
  name       = "orders-${var.environment}"
  subnet_ids = aws_subnet.isolated[*].id
}

# The module of the runner adds the rule that lets its functions in.
resource "aws_security_group" "database" {
  name        = "orders-${var.environment}-database"
  description = "The instance orders-${var.environment}"
  vpc_id      = aws_vpc.main.id
}
