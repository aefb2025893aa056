#!/usr/bin/env bash
# Make the operator's folder: secrets, a self-signed certificate for the first start, and what nginx looks at.
#
#   scripts/make_secrets.sh [--dry-run] [--help]
#
# What is there is never changed. SVGAI_HOME (./production) is the folder, SVGAI_HOST (localhost) the name in the certificate.
# Put a certificate of an authority into service with scripts/renew_certificate.sh.
. "$(dirname "$0")/lib/production.sh"

while [ $# -gt 0 ]; do
    case $1 in
    --dry-run) DRY_RUN=yes ;;
    --help) help ;;
    *) misused "what is $1?" ;;
    esac
    shift
done
need openssl

# The folder is closed to all but its owner. Its files are readable, for each container has a user of its own.
make_secret() {
    local file=$SVGAI_HOME/secrets/$1
    if [ -s "$file" ]; then return; fi
    say "making $file"
    if [ -n "$DRY_RUN" ]; then return; fi
    openssl rand -hex 24 >"$file.new"
    chmod 444 "$file.new"
    mv "$file.new" "$file"
}

make_certificate() {
    local folder=$SVGAI_HOME/tls
    if [ -s "$folder/certificate.pem" ]; then return; fi
    say "making a self-signed certificate for $HOST in $folder"
    if [ -n "$DRY_RUN" ]; then return; fi
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 90 -subj "/CN=$HOST" \
        -addext "subjectAltName=DNS:$HOST,DNS:localhost,IP:127.0.0.1" \
        -keyout "$folder/key.pem" -out "$folder/certificate.pem" 2>/dev/null
    chmod 444 "$folder/key.pem" "$folder/certificate.pem"
}

run mkdir -p "$SVGAI_HOME"/{secrets,tls,acme,switch,backups,logs}
run chmod 700 "$SVGAI_HOME"
for name in secret_key database_password redis_password; do make_secret "$name"; done
make_certificate
