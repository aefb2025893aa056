variable "name" {
  description = "What everything here is called."
  type        = string
}

variable "region" {
  description = "Where it stands."
  type        = string
}

variable "cidr" {
  description = "Addresses, a /16."
  type        = string
}

variable "zones" {
  description = "How many availability zones."
  type        = number
}

variable "ways_out" {
  description = "How many gateways to the internet for what has no public address."
  type        = number
}
