#!/usr/bin/env bash
# Take the models out of service; the release goes on without them, and rules advise.
#
#   scripts/deploy_ai/disable_ai_features.sh [--dry-run] [--help]
. "$(dirname "$0")/../lib/production.sh"
. scripts/lib/rollout.sh

while [ $# -gt 0 ]; do
    case $1 in
    --dry-run) DRY_RUN=yes ;;
    --help) help ;;
    *) misused "what is $1?" ;;
    esac
    shift
done
begin=$(date +%s.%N)
alone
in_service
if [ "$AI" = off ]; then
    say "there are no models in service"
    exit 0
fi
if [ -n "$DRY_RUN" ]; then
    say "would roll out $VERSION (AI: off) as web-$(idle_colour), beside AI: $AI"
    exit 0
fi
MIGRATE=no
roll_out "$VERSION" off || die "the models are still in service"
say "$VERSION (AI: $AI) is in service after $(seconds_since "$begin") s"
