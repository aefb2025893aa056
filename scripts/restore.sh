#!/usr/bin/env bash
# Bring a copy back that scripts/backup.sh has made. All that the service has now is replaced by it.
#
#   scripts/restore.sh COPY --yes [--passphrase FILE] [--dry-run] [--help]
#
#   COPY               a folder, or an encrypted file, of $SVGAI_HOME/backups
#   --yes              really
#   --passphrase FILE  what opens an encrypted copy
#
# It also works where nothing is left but this checkout, the image and the copy: settings, secrets and certificate come back,
# too. Every row and every file is compared with the copy's proofs before anything serves. The service is away meanwhile.
. "$(dirname "$0")/lib/production.sh"
. scripts/lib/copies.sh

COPY='' PASSPHRASE='' YES=''
while [ $# -gt 0 ]; do
    case $1 in
    --passphrase) PASSPHRASE=${2:-}; shift ;;
    --yes) YES=yes ;;
    --dry-run) DRY_RUN=yes ;;
    --help) help ;;
    -*) misused "what is $1?" ;;
    *) COPY=$1 ;;
    esac
    shift
done
[ -n "$COPY" ] || misused "which copy?"
alone
begin=$(date +%s.%N)
FOLDER=$(open_copy "$COPY" "$PASSPHRASE")
if [ "$FOLDER" != "$COPY" ]; then trap 'rm -rf "$FOLDER"' EXIT; fi
VERSION=$(sed -n 's/^VERSION=//p' "$FOLDER/release") AI=$(sed -n 's/^AI=//p' "$FOLDER/release")
say "$COPY is whole; it was made by $VERSION (AI: $AI)"
if [ -n "$DRY_RUN" ]; then exit 0; fi
[ -n "$YES" ] || die "this replaces the database and all pictures; insist with --yes"

if [ -e "$FOLDER/settings.tar.gz" ]; then
    say "settings and secrets"
    mkdir -p "$SVGAI_HOME"
    tar --extract --gzip --file "$FOLDER/settings.tar.gz" --directory "$SVGAI_HOME"
    rm -f "$SVGAI_HOME/switch/green" "$SVGAI_HOME/switch/canary" "$SVGAI_HOME/contracted"
fi
scripts/make_secrets.sh
if [ -e "$FOLDER/models.tar.gz" ]; then
    say "models"
    tar --extract --gzip --file "$FOLDER/models.tar.gz"
fi
get_image
get_ai_image

say "stopping the service"
compose down --timeout 30 2>/dev/null
if [ -e "$FOLDER/settings.tar.gz" ]; then
    # The database's password is set when its volume is first used, and is the copy's now. Hints in Redis are of no use.
    dock volume rm --force "${SVGAI_PROJECT}_postgres" "${SVGAI_PROJECT}_redis" >/dev/null
fi
compose up --detach --wait postgres redis 2>/dev/null
postgres=$(running postgres)

say "the database"
for statement in 'DROP DATABASE IF EXISTS svgai WITH (FORCE)' 'CREATE DATABASE svgai'; do echo "$statement;" | psql_in "$postgres" postgres; done
dock exec --interactive "$postgres" pg_restore --username svgai --dbname svgai --exit-on-error --no-owner <"$FOLDER/database.dump"
prove_database "$postgres" "$FOLDER" || die "the database is not what was copied"
say "every row of $(wc -l <"$FOLDER/rows") tables is there"

if [ -e "$FOLDER/blobs.tar" ]; then
    say "pictures and drawings"
    # The former ones are removed. What is left in caches would be of another database.
    in_data() { compose run --rm --no-deps -T --entrypoint '' migrate "$@"; }
    in_data sh -c 'rm -rf /data/blobs /data/cache && tar -C /data -xf -' <"$FOLDER/blobs.tar"
    in_data tar -C /data -cf - blobs >"$FOLDER/again.tar"
    diff <(_digests "$FOLDER/again.tar") "$FOLDER/blobs" >&2 || die "the pictures and drawings are not what was copied"
    rm -f "$FOLDER/again.tar"
    say "every one of $(wc -l <"$FOLDER/blobs") files is there"
fi

say "starting the service"
record
compose up --detach --wait --wait-timeout 240 "web-$(live_colour)" "${ALWAYS[@]}" 2>"$SVGAI_HOME/logs/start.log" ||
    { tail -20 "$SVGAI_HOME/logs/start.log" >&2; die "it does not start"; }
smoke ask_public || die "all data is there, but the service does not work"
say "$COPY is in service after $(seconds_since "$begin") s"
