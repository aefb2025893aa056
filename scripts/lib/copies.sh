# shellcheck shell=bash
# How copies of the service's data are made, opened and proved. Sourced after production.sh.

# Of every table: its name, its rows, and a digest over all of them in any order.
PROOF="SELECT format('SELECT %L, count(*), coalesce(md5(string_agg(md5(t::text), '''' ORDER BY md5(t::text))), ''-'') FROM %I t;',
    tablename, tablename) FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"

psql_in() { dock exec --interactive "$1" psql --username svgai --dbname "${2:-svgai}" --quiet --no-align --tuples-only --no-psqlrc -v ON_ERROR_STOP=1; }

# copy_database FOLDER: a dump, and the proof of the very same moment.
copy_database() {
    local postgres snapshot
    postgres=$(running postgres)
    coproc LINE { dock exec --interactive "$postgres" psql --username svgai --dbname svgai --quiet --no-align --tuples-only --no-psqlrc; }
    echo "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT pg_export_snapshot();" >&"${LINE[1]}"
    read -r -t 30 snapshot <&"${LINE[0]}" || die "the database does not answer"
    dock exec "$postgres" pg_dump --username svgai --format custom --snapshot "$snapshot" svgai >"$1/database.dump"
    printf "%s \\\\gexec\nSELECT 'end';\n" "$PROOF" >&"${LINE[1]}"
    while read -r -t 600 line <&"${LINE[0]}" && [ "$line" != end ]; do echo "$line"; done >"$1/rows"
    echo '\q' >&"${LINE[1]}"
    wait "$LINE_PID" 2>/dev/null || true
    [ -s "$1/rows" ] || die "there are no tables in the database"
}

# prove_database CONTAINER FOLDER: every row of the copy is there, and no other.
prove_database() {
    diff <(printf '%s \\gexec\n' "$PROOF" | psql_in "$1") "$2/rows" >&2
}

# copy_blobs FOLDER: pictures and drawings, with a digest of each.
copy_blobs() {
    dock exec "$(running "web-$(live_colour)")" sh -c 'mkdir -p /data/blobs && tar -C /data -cf - blobs' >"$1/blobs.tar" ||
        [ $? -eq 1 ] # what changed or went meanwhile is deleted, or younger than the database's copy
    _digests "$1/blobs.tar" >"$1/blobs"
}

# _digests TAR: of each file in it, sorted by name.
_digests() {
    # shellcheck disable=SC2016 # tar's own variable
    tar --extract --file "$1" --to-command 'printf "%s  %s\n" "$(sha256sum | cut -d" " -f1)" "$TAR_FILENAME"' | sort -k2
}

# open_copy COPY [PASSPHRASE_FILE]: prints a folder with its files, all of them as they were written.
open_copy() {
    local folder
    [ -e "$1" ] || die "there is no copy $1"
    if [ -d "$1" ]; then
        folder=$1
    else
        [ -s "${2:-}" ] || die "$1 is encrypted: name the file with its passphrase (--passphrase FILE)"
        folder=$(mktemp -d "$SVGAI_HOME/opened.XXXXXX")
        gpg --batch --quiet --pinentry-mode loopback --passphrase-file "$2" --decrypt "$1" | tar --extract --directory "$folder" ||
            { rm -rf "$folder"; die "$1 cannot be opened: another passphrase, or it was damaged"; }
    fi
    (cd "$folder" && sha256sum --check --quiet --strict SHA256SUMS >&2) || die "$1 is damaged: its checksums do not match"
    echo "$folder"
}
