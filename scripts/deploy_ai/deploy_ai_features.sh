#!/usr/bin/env bash
# Put the models into service, beside what serves without them, or other models in the place of these.
#
#   scripts/deploy_ai/deploy_ai_features.sh [--canary SECONDS] [--dry-run] [--help]
#
# The release stays the same. The models are those of models/production, checked by sha256 and by their golden outputs when the image
# is built. scripts/deploy_ai/disable_ai_features.sh takes them out again.
. "$(dirname "$0")/../lib/production.sh"
. scripts/lib/rollout.sh

CANARY=0
while [ $# -gt 0 ]; do
    case $1 in
    --canary) CANARY=${2:-}; shift ;;
    --dry-run) DRY_RUN=yes ;;
    --help) help ;;
    *) misused "what is $1?" ;;
    esac
    shift
done
[[ $CANARY =~ ^[0-9]{1,5}$ ]] || misused "--canary takes seconds, not '$CANARY'"
begin=$(date +%s.%N)
alone
in_service
[ -s models/production/metadata.json ] || die "there are no models in models/production: scripts/models.sh --help"
wanted=$(ai_tag "$VERSION")
if [ "$AI" = "$wanted" ]; then
    say "these models are in service already ($AI)"
    exit 0
fi
if [ -n "$DRY_RUN" ]; then
    say "would roll out $VERSION (AI: $wanted) as web-$(idle_colour), beside AI: $AI"
    exit 0
fi
MIGRATE=no
roll_out "$VERSION" "$wanted" "$CANARY" || die "the models are not in service; AI: $(recorded AI) still is"
say "$VERSION (AI: $AI) is in service after $(seconds_since "$begin") s"
