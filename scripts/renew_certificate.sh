#!/usr/bin/env bash
# Put another certificate into service, without an interruption; made to be certbot's --deploy-hook.
#
#   scripts/renew_certificate.sh [CERTIFICATE KEY] [--dry-run] [--help]
#
# CERTIFICATE is the whole chain. Without both, certbot's are taken (RENEWED_LINEAGE). They must belong together, hold for another day
# at least, and be for SVGAI_HOST (localhost). Authorities find their challenges in $SVGAI_HOME/acme/.well-known/acme-challenge:
#   certbot certonly --webroot --webroot-path $SVGAI_HOME/acme --domain NAME --deploy-hook scripts/renew_certificate.sh
. "$(dirname "$0")/lib/production.sh"

FILES=()
while [ $# -gt 0 ]; do
    case $1 in
    --dry-run) DRY_RUN=yes ;;
    --help) help ;;
    -*) misused "what is $1?" ;;
    *) FILES+=("$1") ;;
    esac
    shift
done
if [ ${#FILES[@]} -eq 0 ] && [ -n "${RENEWED_LINEAGE:-}" ]; then FILES=("$RENEWED_LINEAGE/fullchain.pem" "$RENEWED_LINEAGE/privkey.pem"); fi
[ ${#FILES[@]} -eq 2 ] || misused "it takes a certificate and its key"
certificate=${FILES[0]} key=${FILES[1]}
for file in "$certificate" "$key"; do [ -r "$file" ] || die "$file cannot be read"; done
[ "$(openssl x509 -noout -pubkey -in "$certificate" 2>/dev/null)" = "$(openssl pkey -pubout -in "$key" 2>/dev/null)" ] ||
    die "$key is not the key of $certificate"
openssl x509 -noout -checkend 86400 -in "$certificate" >/dev/null ||
    die "$certificate ends within a day: $(openssl x509 -noout -enddate -in "$certificate")"
openssl x509 -noout -checkhost "$HOST" -in "$certificate" | has 'does match' || die "$certificate is not for $HOST (SVGAI_HOST)"
if [ -n "$DRY_RUN" ]; then
    say "would put $certificate into service, until $(openssl x509 -noout -enddate -in "$certificate" | cut -d= -f2)"
    exit 0
fi
# served_fingerprint: of the certificate that whoever connects now is shown.
served_fingerprint() {
    openssl s_client -connect "127.0.0.1:$HTTPS_PORT" -servername "$HOST" </dev/null 2>/dev/null |
        openssl x509 -noout -fingerprint -sha256 2>/dev/null
}

alone
install -m 444 "$key" "$SVGAI_HOME/tls/key.pem.new"
install -m 444 "$certificate" "$SVGAI_HOME/tls/certificate.pem.new"
mv "$SVGAI_HOME/tls/key.pem.new" "$SVGAI_HOME/tls/key.pem"
mv "$SVGAI_HOME/tls/certificate.pem.new" "$SVGAI_HOME/tls/certificate.pem"
web=$(running nginx)
if [ -n "$web" ]; then
    dock exec "$web" nginx -s reload -c /etc/nginx/svgai/nginx.conf
    wanted=$(openssl x509 -noout -fingerprint -sha256 -in "$certificate") end=$((SECONDS + 20))
    until [ "$(served_fingerprint)" = "$wanted" ]; do
        [ $SECONDS -lt $end ] || die "nginx still serves another certificate after 20 s; see its log: scripts/compose.sh logs nginx"
        sleep 0.2
    done
fi
say "$certificate is in service, until $(openssl x509 -noout -enddate -in "$certificate" | cut -d= -f2)"
