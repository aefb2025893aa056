output "vpc_id" {
  description = "The network."
  value       = aws_vpc.this.id
}

output "private_subnet_ids" {
  description = "Where the machines of the cluster are."
  value       = aws_subnet.private[*].id
}

output "store_subnet_ids" {
  description = "Where the stores are."
  value       = aws_subnet.stores[*].id
}

output "stores_cidr" {
  description = "Addresses of the stores."
  value       = local.stores_cidr
}
