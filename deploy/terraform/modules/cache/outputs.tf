output "host" {
  description = "Where it is."
  value       = aws_elasticache_replication_group.this.primary_endpoint_address
}

output "password_secret" {
  description = "Name of the secret with its password."
  value       = aws_secretsmanager_secret.password.name
}
