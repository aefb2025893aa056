# PostgreSQL, which owns every job. Its password is made here, written to the database and to Secrets Manager, and kept
# neither in the state nor in a plan.

ephemeral "random_password" "this" {
  length  = 48
  special = false
}

resource "aws_secretsmanager_secret" "password" {
  name_prefix             = "${var.name}-database-"
  description             = "Password of the user svgai in PostgreSQL"
  recovery_window_in_days = 7
}

resource "aws_secretsmanager_secret_version" "password" {
  secret_id                = aws_secretsmanager_secret.password.id
  secret_string_wo         = ephemeral.random_password.this.result
  secret_string_wo_version = var.secrets_version
}

# What was kept is read again: another run would make another password, which is written only when the version changes.
ephemeral "aws_secretsmanager_secret_version" "password" {
  secret_id = aws_secretsmanager_secret_version.password.secret_id
}

resource "aws_db_subnet_group" "this" {
  name_prefix = "${var.name}-"
  subnet_ids  = var.subnet_ids
}

resource "aws_security_group" "this" {
  name_prefix = "${var.name}-database-"
  description = "PostgreSQL"
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
  from_port                    = 5432
  to_port                      = 5432
}

resource "aws_db_parameter_group" "this" {
  name_prefix = "${var.name}-"
  family      = "postgres17"

  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_db_instance" "this" {
  identifier     = var.name
  engine         = "postgres"
  engine_version = "17"
  instance_class = var.size.class

  db_name             = "svgai"
  username            = "svgai"
  password_wo         = ephemeral.aws_secretsmanager_secret_version.password.secret_string
  password_wo_version = var.secrets_version

  allocated_storage     = var.size.gb
  max_allocated_storage = var.size.most_gb
  storage_type          = "gp3"
  storage_encrypted     = true

  multi_az               = var.size.is_doubled
  db_subnet_group_name   = aws_db_subnet_group.this.name
  vpc_security_group_ids = [aws_security_group.this.id]
  parameter_group_name   = aws_db_parameter_group.this.name
  publicly_accessible    = false

  backup_retention_period      = var.size.backup_days
  copy_tags_to_snapshot        = true
  deletion_protection          = var.size.is_guarded
  skip_final_snapshot          = !var.size.is_guarded
  final_snapshot_identifier    = "${var.name}-final"
  auto_minor_version_upgrade   = true
  performance_insights_enabled = true

  enabled_cloudwatch_logs_exports = ["postgresql", "upgrade"]
}
