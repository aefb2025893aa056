#!/usr/bin/env bash
# Put the release into service that was there before the last one. The database stays as it is.
#
#   scripts/rollback_deployment.sh [--to TAG] [--force] [--dry-run] [--help]
#
#   --to TAG  another one of those that were in service ($SVGAI_HOME/releases)
#   --force   even though a migration has taken away what it may need
#
# It is brought in like any release: beside the one that serves, and only if it works.
. "$(dirname "$0")/lib/production.sh"
. scripts/lib/rollout.sh

TO='' FORCE=''
while [ $# -gt 0 ]; do
    case $1 in
    --to) TO=${2:-}; shift ;;
    --force) FORCE=yes ;;
    --dry-run) DRY_RUN=yes ;;
    --help) help ;;
    *) misused "what is $1?" ;;
    esac
    shift
done
begin=$(date +%s.%N)
alone
in_service

# The last line of another release than the one in service, or of the one that is asked for.
found=$(awk -v to="$TO" -v version="$VERSION" -v ai="$AI" \
    'to != "" ? $2 == to : ($2 != version || $3 != ai) { line = $0 } END { print line }' "$SVGAI_HOME/releases")
[ -n "$found" ] || die "there is no ${TO:-release before $VERSION} in $SVGAI_HOME/releases"
read -r _ to_version to_ai <<<"$found"
if [ -e "$SVGAI_HOME/contracted" ] && [ -z "$FORCE" ]; then
    die "a migration has taken away what $to_version may need. Restore a backup, or insist with --force."
fi
if [ -n "$DRY_RUN" ]; then
    say "would bring in $to_version (AI: $to_ai) in the place of $VERSION (AI: $AI)"
    exit 0
fi
MIGRATE=no WATCH_SECONDS=${WATCH_SECONDS:-5}
roll_out "$to_version" "$to_ai" || die "$to_version does not work; $(recorded VERSION) still serves"
say "$VERSION (AI: $AI) is in service after $(seconds_since "$begin") s"
