#!/usr/bin/env bash
# Prove that a copy can be brought back, without touching the service: into a database of its own that is thrown away.
#
#   scripts/restore_drill.sh [COPY] [--passphrase FILE] [--dry-run] [--help]
#
# Without COPY the latest one of $SVGAI_HOME/backups is taken. Every row and every file is compared with the copy's proofs. What was
# found, and when, is left in $SVGAI_HOME/restore_drill for whoever watches it.
. "$(dirname "$0")/lib/production.sh"
. scripts/lib/copies.sh

COPY='' PASSPHRASE=''
while [ $# -gt 0 ]; do
    case $1 in
    --passphrase) PASSPHRASE=${2:-}; shift ;;
    --dry-run) DRY_RUN=yes ;;
    --help) help ;;
    -*) misused "what is $1?" ;;
    *) COPY=$1 ;;
    esac
    shift
done
COPY=${COPY:-$(find "$SVGAI_HOME/backups" -mindepth 1 -maxdepth 1 -name '20*Z*' ! -name '*.part' | sort | tail -1)}
[ -n "$COPY" ] || die "there is no copy in $SVGAI_HOME/backups"
if [ -n "$DRY_RUN" ]; then
    say "would bring $COPY back into a database of its own"
    exit 0
fi
begin=$(date +%s.%N)
FOLDER=$(open_copy "$COPY" "$PASSPHRASE")
name=$SVGAI_PROJECT-drill
clean() {
    dock rm --force --volumes "$name" >/dev/null 2>&1 || true
    if [ "$FOLDER" != "$COPY" ]; then rm -rf "$FOLDER"; fi
}
trap clean EXIT
dock rm --force --volumes "$name" >/dev/null 2>&1 || true
dock run --detach --name "$name" --network none --env POSTGRES_USER=svgai --env POSTGRES_DB=svgai \
    --env POSTGRES_HOST_AUTH_METHOD=trust --env POSTGRES_PASSWORD=drill postgres:15-alpine >/dev/null
for _ in $(seq 60); do
    # By name, for while it is set up the server listens at its socket alone.
    if dock exec "$name" pg_isready --quiet --host 127.0.0.1 --username svgai --dbname svgai; then break; fi
    sleep 0.5
done
dock exec --interactive "$name" pg_restore --username svgai --dbname svgai --exit-on-error --no-owner <"$FOLDER/database.dump"
prove_database "$name" "$FOLDER" || die "the database of $COPY is not what was copied"
many=0
if [ -e "$FOLDER/blobs.tar" ]; then
    diff <(_digests "$FOLDER/blobs.tar") "$FOLDER/blobs" >&2 || die "the pictures and drawings of $COPY are not what was copied"
    many=$(wc -l <"$FOLDER/blobs")
fi
printf 'copy=%s\nat=%s\nseconds=%s\n' "$COPY" "$(date -u +%FT%TZ)" "$(seconds_since "$begin")" >"$SVGAI_HOME/restore_drill"
say "$COPY can be brought back: $(awk -F'|' '{ rows += $2 } END { print rows }' "$FOLDER/rows") rows of" \
    "$(wc -l <"$FOLDER/rows") tables and $many files are what they were; $(seconds_since "$begin") s"
