# What deploy/kubernetes stands on: a network, stores, a bucket, and a cluster.

locals {
  name = "svgai-${var.environment}"
}

module "network" {
  source = "./modules/network"

  name   = local.name
  region = var.region
  cidr   = var.cidr
  zones  = var.zones
  # One way out for each zone, so that no zone depends on another; where that does not matter, one is cheaper.
  ways_out = var.environment == "prod" ? var.zones : 1
}

module "cluster" {
  source = "./modules/cluster"

  name               = local.name
  kubernetes_version = var.kubernetes_version
  subnet_ids         = module.network.private_subnet_ids
  admin_cidrs        = var.admin_cidrs
  nodes              = var.nodes
}

module "database" {
  source = "./modules/database"

  name            = local.name
  vpc_id          = module.network.vpc_id
  subnet_ids      = module.network.store_subnet_ids
  client_group_id = module.cluster.node_group_id
  size            = var.database
  secrets_version = var.secrets_version
}

module "cache" {
  source = "./modules/cache"

  name            = local.name
  vpc_id          = module.network.vpc_id
  subnet_ids      = module.network.store_subnet_ids
  client_group_id = module.cluster.node_group_id
  size            = var.cache
  secrets_version = var.secrets_version
}

module "storage" {
  source = "./modules/storage"

  name              = local.name
  vpc_id            = module.network.vpc_id
  subnet_ids        = module.network.store_subnet_ids
  client_group_id   = module.cluster.node_group_id
  oidc_provider_arn = module.cluster.oidc_provider_arn
  oidc_issuer       = module.cluster.oidc_issuer
  # Namespace and account of deploy/kubernetes.
  service_account = "${var.environment == "prod" ? "svgai" : "svgai-${var.environment}"}:svgai"
  is_guarded      = var.environment == "prod"
}
