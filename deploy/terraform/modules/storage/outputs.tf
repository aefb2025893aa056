output "bucket" {
  description = "Name of the bucket."
  value       = aws_s3_bucket.blobs.bucket
}

output "role_arn" {
  description = "Who may use the bucket."
  value       = aws_iam_role.storage.arn
}

output "file_system_id" {
  description = "File system of the models."
  value       = aws_efs_file_system.models.id
}
