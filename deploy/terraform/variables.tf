variable "environment" {
  description = "Which environment this is."
  type        = string

  validation {
    condition     = contains(["dev", "staging", "prod"], var.environment)
    error_message = "environment is \"${var.environment}\"; it must be dev, staging or prod."
  }
}

variable "region" {
  description = "Where all of it stands."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[1-9]$", var.region))
    error_message = "region is \"${var.region}\"; it must be an AWS region such as eu-central-1."
  }
}

variable "cidr" {
  description = "Addresses of the network: a /16, of which the stores get a /20 of their own."
  type        = string

  validation {
    condition     = can(cidrnetmask(var.cidr)) && endswith(var.cidr, "/16")
    error_message = "cidr is \"${var.cidr}\"; it must be an IPv4 network of 16 bits such as 10.30.0.0/16."
  }
}

variable "zones" {
  description = "Availability zones, as many as the service shall be spread over."
  type        = number

  validation {
    condition     = var.zones >= 2 && var.zones <= 3 && floor(var.zones) == var.zones
    error_message = "zones is ${var.zones}; the cluster takes 2, and there are places for 3."
  }
}

variable "admin_cidrs" {
  description = "Who may reach the cluster's API from outside. Nobody, where this is empty."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for cidr in var.admin_cidrs : can(cidrnetmask(cidr)) && cidr != "0.0.0.0/0"])
    error_message = "admin_cidrs has a network that cannot be read, or the whole internet: ${join(", ", var.admin_cidrs)}."
  }
}

variable "kubernetes_version" {
  description = "Version of Kubernetes; deploy/kubernetes needs 1.34."
  type        = string
  default     = "1.34"

  validation {
    condition     = can(regex("^1\\.[0-9]{2}$", var.kubernetes_version)) && tonumber(split(".", var.kubernetes_version)[1]) >= 34
    error_message = "kubernetes_version is \"${var.kubernetes_version}\"; it must be 1.34 or newer."
  }
}

variable "nodes" {
  description = "Machines of the cluster: their type, and how many there are."
  type = object({
    type  = string
    least = number
    most  = number
  })

  validation {
    condition     = var.nodes.least >= 1 && var.nodes.least <= var.nodes.most && var.nodes.most <= 50
    error_message = "nodes has least ${var.nodes.least} and most ${var.nodes.most}; it takes 1 <= least <= most <= 50."
  }
}

variable "database" {
  description = "The machine of PostgreSQL, its gigabytes (it grows by itself up to most_gb), and how long backups are kept."
  type = object({
    class       = string
    gb          = number
    most_gb     = number
    is_doubled  = bool
    backup_days = number
    is_guarded  = bool
  })

  validation {
    condition     = var.database.gb >= 20 && var.database.gb < var.database.most_gb
    error_message = "database has ${var.database.gb} GB and at most ${var.database.most_gb}; it takes 20 <= gb < most_gb."
  }
  validation {
    condition     = var.database.backup_days >= 1 && var.database.backup_days <= 35
    error_message = "database.backup_days is ${var.database.backup_days}; it takes 1 to 35."
  }
  validation {
    condition     = var.environment != "prod" || (var.database.is_doubled && var.database.is_guarded && var.database.backup_days >= 14)
    error_message = "In prod the database is doubled, guarded against deletion, and backed up for 14 days or more."
  }
}

variable "cache" {
  description = "The machine of Redis, and how many there are; with more than one, another takes over."
  type = object({
    class  = string
    copies = number
  })

  validation {
    condition     = var.cache.copies >= 1 && var.cache.copies <= 3
    error_message = "cache.copies is ${var.cache.copies}; it takes 1 to 3."
  }
}

variable "secrets_version" {
  description = "Raise it to have new passwords made for the stores; the service gets them with its next release."
  type        = number
  default     = 1

  validation {
    condition     = var.secrets_version >= 1 && floor(var.secrets_version) == var.secrets_version
    error_message = "secrets_version is ${var.secrets_version}; it counts from 1."
  }
}
