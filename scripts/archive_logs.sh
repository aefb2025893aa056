#!/usr/bin/env bash
# Keep the logs of all containers beyond what Docker keeps of them (5 files of 10 MB each): a compressed file for each day and service.
#
#   scripts/archive_logs.sh [--days DAYS] [--dry-run] [--help]
#
#   --days DAYS  remove files older than that (default: 30)
#
# Run it every hour or so; what has been kept already is not kept twice. Files are $SVGAI_HOME/logs/SERVICE-DAY.log.gz.
. "$(dirname "$0")/lib/production.sh"

DAYS=30
while [ $# -gt 0 ]; do
    case $1 in
    --days) DAYS=${2:-}; shift ;;
    --dry-run) DRY_RUN=yes ;;
    --help) help ;;
    *) misused "what is $1?" ;;
    esac
    shift
done
[[ $DAYS =~ ^[0-9]+$ ]] || misused "--days takes days, not '$DAYS'"
alone
in_service
since=$(cat "$SVGAI_HOME/logs/archived_until" 2>/dev/null || echo 1970-01-01T00:00:00Z)
until=$(date -u +%FT%TZ)
if [ -n "$DRY_RUN" ]; then
    say "would keep the lines of $since to $until, and remove files of more than $DAYS days"
    exit 0
fi
umask 077
while read -r id name; do
    file=$SVGAI_HOME/logs/$name-$(date -u +%F).log.gz
    # Files of gzip may simply be joined.
    dock logs --since "$since" --until "$until" "$id" 2>&1 | gzip >>"$file"
done < <(dock ps --all --filter "label=com.docker.compose.project=$SVGAI_PROJECT" --format '{{.ID}} {{.Label "com.docker.compose.service"}}')
echo "$until" >"$SVGAI_HOME/logs/archived_until"
find "$SVGAI_HOME/logs" -name '*.log.gz' -mtime "+$DAYS" -delete
say "kept the lines of $since to $until"
