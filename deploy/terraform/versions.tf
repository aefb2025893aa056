terraform {
  # Values that are written but never kept (write-only arguments, ephemeral resources) came with 1.11.
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.69"
    }
    random = {
      source  = "hashicorp/random"
      version = "~> 3.7"
    }
  }

  # Where the state is, which differs by environment: terraform init -backend-config=environments/NAME.s3.tfbackend
  backend "s3" {}
}

provider "aws" {
  region = var.region

  default_tags {
    tags = {
      project     = "svgai"
      environment = var.environment
      managed_by  = "terraform"
    }
  }
}
