output "cluster_name" {
  description = "For: aws eks update-kubeconfig --name NAME"
  value       = module.cluster.name
}

output "database_host" {
  description = "Host in DATABASE_URL, and of the ScaledObjects."
  value       = module.database.host
}

output "redis_host" {
  description = "Host in BROKER_URL and CACHE_URL."
  value       = module.cache.host
}

output "blobs_url" {
  description = "BLOBS_URL, as it is."
  value       = "s3://${module.storage.bucket}"
}

output "storage_role" {
  description = "Role of the service account: who may use the bucket."
  value       = module.storage.role_arn
}

output "models_file_system" {
  description = "File system of the storage class efs."
  value       = module.storage.file_system_id
}

output "stores_cidr" {
  description = "Where database, cache and the private doors to S3 and STS are, for the network policy."
  value       = module.network.stores_cidr
}

output "database_password_secret" {
  description = "Name of the secret with the database's password, in AWS Secrets Manager."
  value       = module.database.password_secret
}

output "redis_password_secret" {
  description = "Name of the secret with the password of Redis."
  value       = module.cache.password_secret
}
