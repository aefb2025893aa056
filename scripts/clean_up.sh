#!/usr/bin/env bash
# Remove what nobody needs any more: images of releases but the latest, stopped containers, old copies of the database, old logs.
#
#   scripts/clean_up.sh [--keep RELEASES] [--days DAYS] [--dry-run] [--help]
#
#   --keep RELEASES  so many of the latest releases keep their images, to go back to (default: 3)
#   --days DAYS      copies of the database alone, and logs, are kept for so long (default: 30)
#
# What is in service, full copies, and images of others are never touched.
. "$(dirname "$0")/lib/production.sh"

KEEP=3 DAYS=30
while [ $# -gt 0 ]; do
    case $1 in
    --keep) KEEP=${2:-}; shift ;;
    --days) DAYS=${2:-}; shift ;;
    --dry-run) DRY_RUN=yes ;;
    --help) help ;;
    *) misused "what is $1?" ;;
    esac
    shift
done
[[ $KEEP =~ ^[1-9][0-9]*$ ]] || misused "--keep takes a number of releases, not '$KEEP'"
[[ $DAYS =~ ^[0-9]+$ ]] || misused "--days takes days, not '$DAYS'"
alone
in_service

# Each release once, the latest first; after those that stay come those that may go.
mapfile -t gone < <(tac "$SVGAI_HOME/releases" | awk -v keep="$KEEP" -v version="$VERSION" \
    '!seen[$2]++ && ++count > keep && $2 != version { print $2 }')
for version in "${gone[@]}"; do
    mapfile -t images < <(dock image ls --format '{{.Repository}}:{{.Tag}}' | grep -E "^${REGISTRY}svgai:$version$|^${REGISTRY}svgai-ai:$version-" || true)
    for image in "${images[@]}"; do run dock image rm "$image"; done
done
mapfile -t stopped < <(dock ps --all --quiet --filter "label=com.docker.compose.project=$SVGAI_PROJECT" --filter status=exited \
    --filter label=com.docker.compose.oneoff=True)
for container in "${stopped[@]}"; do run dock rm "$container"; done
mapfile -t old < <(find "$SVGAI_HOME/backups" "$SVGAI_HOME/logs" -mindepth 1 -maxdepth 1 -mtime "+$DAYS" \
    \( -name '*-database' -o -name '*.log.gz' -o -name '*.part' \))
for path in "${old[@]}"; do run rm -rf "$path"; done
say "${#gone[@]} releases, ${#stopped[@]} containers, ${#old[@]} files or folders"
