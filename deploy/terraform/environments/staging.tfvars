environment = "staging"
region      = "eu-central-1"
cidr        = "10.20.0.0/16"
zones       = 2

nodes = {
  type  = "m7i.large"
  least = 2
  most  = 4
}

database = {
  class       = "db.t4g.medium"
  gb          = 20
  most_gb     = 100
  is_doubled  = false
  backup_days = 7
  is_guarded  = false
}

cache = {
  class  = "cache.t4g.small"
  copies = 1
}
