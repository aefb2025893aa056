variable "name" {
  description = "What everything here is called."
  type        = string
}

variable "kubernetes_version" {
  description = "Version of Kubernetes."
  type        = string
}

variable "subnet_ids" {
  description = "Where its machines are."
  type        = list(string)
}

variable "admin_cidrs" {
  description = "Who may reach its API from outside."
  type        = list(string)
}

variable "nodes" {
  description = "Machines: type and number."
  type = object({
    type  = string
    least = number
    most  = number
  })
}
