output "name" {
  description = "What it is called."
  value       = aws_eks_cluster.this.name
}

output "node_group_id" {
  description = "Security group of its machines and pods."
  value       = aws_eks_cluster.this.vpc_config[0].cluster_security_group_id
}

output "oidc_provider_arn" {
  description = "Who vouches for its service accounts."
  value       = aws_iam_openid_connect_provider.this.arn
}

output "oidc_issuer" {
  description = "The same as a name, without https://."
  value       = local.issuer
}
