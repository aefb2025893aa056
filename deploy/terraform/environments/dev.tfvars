environment = "dev"
region      = "eu-central-1"
cidr        = "10.10.0.0/16"
zones       = 2

nodes = {
  type  = "m7i.large"
  least = 1
  most  = 3
}

database = {
  class       = "db.t4g.micro"
  gb          = 20
  most_gb     = 50
  is_doubled  = false
  backup_days = 1
  is_guarded  = false
}

cache = {
  class  = "cache.t4g.micro"
  copies = 1
}
