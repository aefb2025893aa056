variable "name" {
  description = "What everything here is called."
  type        = string
}

variable "vpc_id" {
  description = "The network that it is in."
  type        = string
}

variable "subnet_ids" {
  description = "Where in it."
  type        = list(string)
}

variable "client_group_id" {
  description = "Security group of those that may connect."
  type        = string
}

variable "oidc_provider_arn" {
  description = "Who vouches for the service accounts of the cluster."
  type        = string
}

variable "oidc_issuer" {
  description = "The same as a name, without https://."
  type        = string
}

variable "service_account" {
  description = "Whose the bucket is, as NAMESPACE:NAME in the cluster."
  type        = string
}

variable "is_guarded" {
  description = "Whether the bucket stays when all else is destroyed, as long as there is something in it."
  type        = bool
}
