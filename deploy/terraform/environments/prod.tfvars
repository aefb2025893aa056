environment = "prod"
region      = "eu-central-1"
cidr        = "10.30.0.0/16"
zones       = 3

nodes = {
  type  = "m7i.xlarge"
  least = 3
  most  = 15
}

database = {
  class       = "db.m7g.large"
  gb          = 100
  most_gb     = 500
  is_doubled  = true
  backup_days = 14
  is_guarded  = true
}

cache = {
  class  = "cache.m7g.large"
  copies = 2
}
