output "host" {
  description = "Where it is."
  value       = aws_db_instance.this.address
}

output "password_secret" {
  description = "Name of the secret with its password."
  value       = aws_secretsmanager_secret.password.name
}
