#!/usr/bin/env bash
# Put a release into service once a tenth of the clients has tried it and fared no worse than the others.
#
#   scripts/deploy_canary.sh [SECONDS] [OPTION OF deploy_production.sh ...] [--dry-run] [--help]
#
# SECONDS is how long they try it (default: 300). It is judged by the share of 5xx (at most 1 % more) and by the 95th percentile of
# the seconds (at most half as much again and 0.25 s), on 30 requests at least (CANARY_REQUESTS).
set -euo pipefail
cd "$(dirname "$0")/.."
if [ "${1:-}" = --help ]; then
    sed -n '2,/^[^#]/s/^#\( \|$\)//p' scripts/deploy_canary.sh
    exit 0
fi
seconds=300
if [[ ${1:-} =~ ^[0-9]+$ ]]; then
    seconds=$1
    shift
fi
exec scripts/deploy_production.sh --canary "$seconds" "$@"
