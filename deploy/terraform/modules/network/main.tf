# Three kinds of subnets in each zone: public for the load balancers, private for the machines of the cluster (and its
# pods, which have addresses of the network), and one for the stores, from which nothing leads out.

data "aws_availability_zones" "all" {
  state = "available"

  # Zones proper, and no local ones, which have neither databases nor clusters.
  filter {
    name   = "opt-in-status"
    values = ["opt-in-not-required"]
  }
}

locals {
  zones = slice(data.aws_availability_zones.all.names, 0, var.zones)
  # Of 10.x.0.0/16: public 10.x.0.0/20, stores 10.x.96.0/20, private 10.x.128.0/17; each with room for three zones.
  public_cidr  = cidrsubnet(var.cidr, 4, 0)
  stores_cidr  = cidrsubnet(var.cidr, 4, 6)
  private_cidr = cidrsubnet(var.cidr, 1, 1)
}

resource "aws_vpc" "this" {
  cidr_block           = var.cidr
  enable_dns_support   = true
  enable_dns_hostnames = true
  tags                 = { Name = var.name }
}

# Whatever forgets to name a group of its own can talk to nobody.
resource "aws_default_security_group" "closed" {
  vpc_id = aws_vpc.this.id
}

resource "aws_subnet" "public" {
  count             = var.zones
  vpc_id            = aws_vpc.this.id
  availability_zone = local.zones[count.index]
  cidr_block        = cidrsubnet(local.public_cidr, 4, count.index)
  tags = {
    Name                     = "${var.name}-public-${count.index}"
    "kubernetes.io/role/elb" = "1"
  }
}

resource "aws_subnet" "private" {
  count             = var.zones
  vpc_id            = aws_vpc.this.id
  availability_zone = local.zones[count.index]
  cidr_block        = cidrsubnet(local.private_cidr, 2, count.index)
  tags = {
    Name                              = "${var.name}-private-${count.index}"
    "kubernetes.io/role/internal-elb" = "1"
  }
}

resource "aws_subnet" "stores" {
  count             = var.zones
  vpc_id            = aws_vpc.this.id
  availability_zone = local.zones[count.index]
  cidr_block        = cidrsubnet(local.stores_cidr, 4, count.index)
  tags              = { Name = "${var.name}-stores-${count.index}" }
}

resource "aws_internet_gateway" "this" {
  vpc_id = aws_vpc.this.id
  tags   = { Name = var.name }
}

resource "aws_eip" "out" {
  count  = var.ways_out
  domain = "vpc"
  tags   = { Name = "${var.name}-out-${count.index}" }
}

resource "aws_nat_gateway" "out" {
  count         = var.ways_out
  allocation_id = aws_eip.out[count.index].id
  subnet_id     = aws_subnet.public[count.index].id
  tags          = { Name = "${var.name}-out-${count.index}" }
  depends_on    = [aws_internet_gateway.this]
}

resource "aws_route_table" "public" {
  vpc_id = aws_vpc.this.id
  tags   = { Name = "${var.name}-public" }

  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway.this.id
  }
}

resource "aws_route_table_association" "public" {
  count          = var.zones
  subnet_id      = aws_subnet.public[count.index].id
  route_table_id = aws_route_table.public.id
}

resource "aws_route_table" "private" {
  count  = var.zones
  vpc_id = aws_vpc.this.id
  tags   = { Name = "${var.name}-private-${count.index}" }

  route {
    cidr_block     = "0.0.0.0/0"
    nat_gateway_id = aws_nat_gateway.out[min(count.index, var.ways_out - 1)].id
  }
}

resource "aws_route_table_association" "private" {
  count          = var.zones
  subnet_id      = aws_subnet.private[count.index].id
  route_table_id = aws_route_table.private[count.index].id
}

resource "aws_route_table" "stores" {
  vpc_id = aws_vpc.this.id
  tags   = { Name = "${var.name}-stores" }
}

resource "aws_route_table_association" "stores" {
  count          = var.zones
  subnet_id      = aws_subnet.stores[count.index].id
  route_table_id = aws_route_table.stores.id
}

# Private doors to S3 and STS, with addresses among those of the stores. So workers reach the bucket, and who they are is
# known, while the network policy lets them reach nothing else.
resource "aws_security_group" "doors" {
  name_prefix = "${var.name}-doors-"
  description = "Private doors to AWS"
  vpc_id      = aws_vpc.this.id

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "doors" {
  security_group_id = aws_security_group.doors.id
  description       = "From the machines of the cluster"
  cidr_ipv4         = local.private_cidr
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_endpoint" "doors" {
  for_each            = toset(["s3", "sts"])
  vpc_id              = aws_vpc.this.id
  service_name        = "com.amazonaws.${var.region}.${each.key}"
  vpc_endpoint_type   = "Interface"
  subnet_ids          = aws_subnet.stores[*].id
  security_group_ids  = [aws_security_group.doors.id]
  private_dns_enabled = true
  tags                = { Name = "${var.name}-${each.key}" }

  dynamic "dns_options" {
    for_each = each.key == "s3" ? [1] : []
    content {
      private_dns_only_for_inbound_resolver_endpoint = false
    }
  }
}
