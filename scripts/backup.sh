#!/usr/bin/env bash
# Copy the database, pictures and drawings, models, and settings with their secrets, with proofs of all.
#
#   scripts/backup.sh [--to FOLDER] [--database-only] [--encrypt FILE] [--keep DAYS] [--dry-run] [--help]
#
#   --to FOLDER      where copies are kept (default: $SVGAI_HOME/backups)
#   --database-only  the database and its proof, as before a release
#   --encrypt FILE   into one file that only the passphrase in FILE opens (gpg, AES-256)
#   --keep DAYS      then remove copies older than that
#
# The name of the copy goes to standard output. The service goes on: the database is copied as it was at one moment, then
# files, so that every job in the copy has its picture, unless it was deleted meanwhile. scripts/restore.sh brings it back.
. "$(dirname "$0")/lib/production.sh"
. scripts/lib/copies.sh

TO=$SVGAI_HOME/backups ONLY='' PASSPHRASE='' KEEP='' LOCKED=''
while [ $# -gt 0 ]; do
    case $1 in
    --to) TO=${2:-}; shift ;;
    --database-only) ONLY=yes ;;
    --encrypt) PASSPHRASE=${2:-}; shift ;;
    --keep) KEEP=${2:-}; shift ;;
    --locked) LOCKED=yes ;; # by a script that holds the lock
    --dry-run) DRY_RUN=yes ;;
    --help) help ;;
    *) misused "what is $1?" ;;
    esac
    shift
done
[ -n "$TO" ] || misused "--to takes a folder"
[[ $KEEP =~ ^[0-9]*$ ]] || misused "--keep takes days, not '$KEEP'"
if [ -n "$PASSPHRASE" ]; then
    need gpg
    [ -s "$PASSPHRASE" ] || die "there is no passphrase in $PASSPHRASE"
fi
if [ -z "$LOCKED" ]; then alone; fi
in_service
begin=$(date +%s.%N)
COPY=$TO/$(date -u +%Y%m%dT%H%M%SZ)${ONLY:+-database}
if [ -n "$DRY_RUN" ]; then
    say "would copy $VERSION (AI: $AI) to $COPY${PASSPHRASE:+.tar.gpg}"
    exit 0
fi
umask 077
mkdir -p "$COPY.part"
trap 'rm -rf "$COPY.part"' EXIT

copy_database "$COPY.part"
if [ -z "$ONLY" ]; then
    copy_blobs "$COPY.part"
    tar --create --gzip --file "$COPY.part/models.tar.gz" models/production
    tar --create --gzip --file "$COPY.part/settings.tar.gz" --directory "$SVGAI_HOME" \
        --exclude=operations_key secrets tls release releases
fi
printf 'VERSION=%s\nAI=%s\n' "$VERSION" "$AI" >"$COPY.part/release"
(cd "$COPY.part" && sha256sum -- * >../SHA256SUMS.part && mv ../SHA256SUMS.part SHA256SUMS)
if [ -n "$PASSPHRASE" ]; then
    tar --create --directory "$COPY.part" . |
        gpg --batch --quiet --pinentry-mode loopback --passphrase-file "$PASSPHRASE" --symmetric --cipher-algo AES256 \
            --output "$COPY.tar.gpg"
    COPY=$COPY.tar.gpg
else
    mv "$COPY.part" "$COPY"
fi
if [ -n "$KEEP" ]; then
    find "$TO" -mindepth 1 -maxdepth 1 -name '20*Z*' -mtime "+$KEEP" -exec rm -rf {} +
fi
say "copied to $COPY ($(du -sh "$COPY" | cut -f1)) in $(seconds_since "$begin") s"
echo "$COPY"
