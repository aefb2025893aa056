# What the variables of deploy/terraform refuse; tests/deploy/test_terraform.py runs this.

variables {
  environment = "dev"
  region      = "eu-central-1"
  cidr        = "10.10.0.0/16"
  zones       = 2
  nodes       = { type = "m7i.large", least = 1, most = 3 }
  cache       = { class = "cache.t4g.micro", copies = 1 }
  database = {
    class = "db.t4g.micro", gb = 20, most_gb = 50, is_doubled = false, backup_days = 1, is_guarded = false
  }
}

run "what_is_right_is_accepted" {
  command = plan
}

run "an_unknown_environment" {
  command         = plan
  variables { environment = "production" }
  expect_failures = [var.environment]
}

run "a_region_that_is_none" {
  command         = plan
  variables { region = "Frankfurt" }
  expect_failures = [var.region]
}

run "a_network_of_another_size" {
  command         = plan
  variables { cidr = "10.10.0.0/20" }
  expect_failures = [var.cidr]
}

run "one_zone" {
  command         = plan
  variables { zones = 1 }
  expect_failures = [var.zones]
}

run "the_whole_internet_as_admin" {
  command         = plan
  variables { admin_cidrs = ["192.0.2.0/24", "0.0.0.0/0"] }
  expect_failures = [var.admin_cidrs]
}

run "a_kubernetes_that_is_too_old" {
  command         = plan
  variables { kubernetes_version = "1.33" }
  expect_failures = [var.kubernetes_version]
}

run "fewer_nodes_than_the_least" {
  command         = plan
  variables { nodes = { type = "m7i.large", least = 4, most = 3 } }
  expect_failures = [var.nodes]
}

run "a_database_that_cannot_grow" {
  command         = plan
  variables {
    database = { class = "db.t4g.micro", gb = 50, most_gb = 50, is_doubled = false, backup_days = 1, is_guarded = false }
  }
  expect_failures = [var.database]
}

run "no_backups" {
  command         = plan
  variables {
    database = { class = "db.t4g.micro", gb = 20, most_gb = 50, is_doubled = false, backup_days = 0, is_guarded = false }
  }
  expect_failures = [var.database]
}

run "production_without_a_double" {
  command         = plan
  variables { environment = "prod" }
  expect_failures = [var.database]
}

run "too_many_copies" {
  command         = plan
  variables { cache = { class = "cache.t4g.micro", copies = 4 } }
  expect_failures = [var.cache]
}

run "half_a_version" {
  command         = plan
  variables { secrets_version = 1.5 }
  expect_failures = [var.secrets_version]
}
