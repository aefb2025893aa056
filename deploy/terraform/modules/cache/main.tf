# Redis: hints that there is work, counters of limits, results for reuse. What is lost with it is made again, so there are
# no backups.

ephemeral "random_password" "this" {
  length  = 48
  special = false
}

resource "aws_secretsmanager_secret" "password" {
  name_prefix             = "${var.name}-redis-"
  description             = "Password of Redis"
  recovery_window_in_days = 7
}

resource "aws_secretsmanager_secret_version" "password" {
  secret_id                = aws_secretsmanager_secret.password.id
  secret_string_wo         = ephemeral.random_password.this.result
  secret_string_wo_version = var.secrets_version
}

ephemeral "aws_secretsmanager_secret_version" "password" {
  secret_id = aws_secretsmanager_secret_version.password.secret_id
}

resource "aws_elasticache_subnet_group" "this" {
  name       = var.name
  subnet_ids = var.subnet_ids
}

resource "aws_security_group" "this" {
  name_prefix = "${var.name}-redis-"
  description = "Redis"
  vpc_id      = var.vpc_id

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "clients" {
  security_group_id            = aws_security_group.this.id
  description                  = "From the machines of the cluster"
  referenced_security_group_id = var.client_group_id
  ip_protocol                  = "tcp"
  from_port                    = 6379
  to_port                      = 6379
}

resource "aws_elasticache_parameter_group" "this" {
  name   = var.name
  family = "redis7"

  # Results for reuse go first; hints and counters without an end stay.
  parameter {
    name  = "maxmemory-policy"
    value = "volatile-lru"
  }
}

resource "aws_elasticache_replication_group" "this" {
  replication_group_id = var.name
  description          = "Hints, counters and results of ${var.name}"
  engine               = "redis"
  engine_version       = "7.1"
  node_type            = var.size.class
  num_cache_clusters   = var.size.copies
  parameter_group_name = aws_elasticache_parameter_group.this.name

  automatic_failover_enabled = var.size.copies > 1
  multi_az_enabled           = var.size.copies > 1

  subnet_group_name          = aws_elasticache_subnet_group.this.name
  security_group_ids         = [aws_security_group.this.id]
  at_rest_encryption_enabled = true
  transit_encryption_enabled = true
  auth_token_wo              = ephemeral.aws_secretsmanager_secret_version.password.secret_string
  auth_token_wo_version      = var.secrets_version
}
