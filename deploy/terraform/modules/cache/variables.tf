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

variable "size" {
  description = "As the variable cache of the root says."
  type = object({
    class  = string
    copies = number
  })
}

variable "secrets_version" {
  description = "A new password is made when it changes."
  type        = number
}
