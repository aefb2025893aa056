#!/usr/bin/env bash
# Whether this machine can run the service: tools, versions, disk, memory, processor, ports, secrets, certificate, settings.
#
#   scripts/pre_deploy_check.sh [--dry-run] [--help]
#
# Nothing is changed, and with --dry-run nothing that is found ends it with a failure.
. "$(dirname "$0")/lib/production.sh"

while [ $# -gt 0 ]; do
    case $1 in
    --dry-run) DRY_RUN=yes ;;
    --help) help ;;
    *) misused "what is $1?" ;;
    esac
    shift
done
faults=0
ok() { say "ok     $*"; }
bad() {
    say "FAULT  $*"
    faults=$((faults + 1))
}
at_least() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -1)" = "$1" ]; }

for tool in docker curl openssl awk sha256sum flock timeout; do
    command -v "$tool" >/dev/null || bad "$tool is not installed"
done
engine=$(timeout 20 docker version --format '{{.Server.Version}}' 2>/dev/null || true)
if [ -n "$engine" ] && at_least 25 "$engine"; then ok "docker $engine"; else bad "docker 25 or newer is needed, not '${engine:-none that answers}'"; fi
plugin=$(timeout 20 docker compose version --short 2>/dev/null || true)
if [ -n "$plugin" ] && at_least 2.24 "${plugin#v}"; then ok "compose $plugin"; else bad "docker compose 2.24 or newer is needed, not '${plugin:-none}'"; fi

free_mb=$(df --output=avail --block-size=M "$ROOT" | tail -1 | tr -dc 0-9)
if [ "$free_mb" -ge "${FREE_MB:-5000}" ]; then ok "$free_mb MB of disk are free"; else bad "$free_mb MB of disk are free, of ${FREE_MB:-5000} needed (FREE_MB)"; fi
memory_mb=$(awk '/MemAvailable/ { print int($2 / 1024) }' /proc/meminfo)
if [ "$memory_mb" -ge "${MEMORY_MB:-3000}" ]; then ok "$memory_mb MB of memory are free"; else bad "$memory_mb MB of memory are free, of ${MEMORY_MB:-3000} needed (MEMORY_MB)"; fi
if [ "$(uname -m)" != x86_64 ]; then
    ok "$(uname -m): the image must be built with --build-arg PROCESSOR=generic"
elif grep -qw avx2 /proc/cpuinfo && grep -qw fma /proc/cpuinfo; then
    ok "the processor has AVX2, which the image is made for"
else
    bad "the processor has no AVX2: build the image with --build-arg PROCESSOR=generic"
fi

if ! is_deployed; then
    for port in "$HTTPS_PORT" "$HTTP_PORT" "${OPERATOR_PORT:-9090}"; do
        if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then bad "port $port is taken"; else ok "port $port is free"; fi
    done
fi

for name in secret_key database_password redis_password; do
    file=$SVGAI_HOME/secrets/$name
    if [ ! -s "$file" ]; then
        bad "$file is missing: scripts/make_secrets.sh"
    elif [ "$(tr -d '\n' <"$file" | wc -c)" -lt 32 ] || grep -Eqi 'change.?me|secret|password|example|svgai' "$file"; then
        bad "$file is no secret: it is too short, or can be guessed"
    else
        ok "$name"
    fi
done
if [ "$(stat -c %a "$SVGAI_HOME" 2>/dev/null)" = 700 ]; then ok "$SVGAI_HOME is closed to others"; else bad "$SVGAI_HOME is not there, or open to others: chmod 700"; fi

certificate=$SVGAI_HOME/tls/certificate.pem
if ! openssl x509 -noout -in "$certificate" 2>/dev/null; then
    bad "$certificate is missing: scripts/make_secrets.sh"
elif ! openssl x509 -noout -checkend $((14 * 86400)) -in "$certificate" >/dev/null; then
    bad "the certificate ends within 14 days: scripts/renew_certificate.sh"
elif ! openssl x509 -noout -checkhost "$HOST" -in "$certificate" | has 'does match'; then
    bad "the certificate is not for $HOST (SVGAI_HOST)"
else
    ok "the certificate for $HOST, until $(openssl x509 -noout -enddate -in "$certificate" | cut -d= -f2)"
fi

VERSION=${VERSION:-check} AI=on
if compose config --quiet 2>/dev/null; then ok "the stack with its overlay can be read"; else bad "the stack cannot be read: docker compose -f docker-compose.prod.yml config"; fi

if [ "$faults" -gt 0 ] && [ -z "$DRY_RUN" ]; then die "$faults faults; nothing was changed"; fi
