#!/usr/bin/env bash
# docker compose for what is in service: its files, its version, its folder.
#
#   scripts/compose.sh ps | logs worker-fast | exec web-blue svgai accounts list | ...
#
# `up` is for scripts/deploy_production.sh: by hand it would interrupt what serves.
. "$(dirname "$0")/lib/production.sh"

if [ "${1:---help}" = --help ]; then help; fi
in_service
DOCKER_SECONDS=0 compose "$@"
