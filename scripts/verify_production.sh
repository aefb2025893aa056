#!/usr/bin/env bash
# Whether the service that is deployed works, and is as closed as it should be.
#
#   scripts/verify_production.sh [--quick] [--dry-run] [--help]
#
#   --quick    only what users see
#   --dry-run  say what would be looked at
#
# Looks at: page, readiness, a picture, what is said of AI, TLS, headers, redirect, what must not be public; then at every
# container: healthy, of no root, on a read-only disk, without capabilities, and none but nginx reached from outside.
. "$(dirname "$0")/lib/production.sh"

QUICK=''
while [ $# -gt 0 ]; do
    case $1 in
    --quick) QUICK=yes ;;
    --dry-run) DRY_RUN=yes ;;
    --help) help ;;
    *) misused "what is $1?" ;;
    esac
    shift
done
if [ -n "$DRY_RUN" ]; then
    say "would ask https://$HOST:$HTTPS_PORT and look at all containers of $SVGAI_PROJECT"
    exit 0
fi
in_service
status() { ask_public "$1" --output /dev/null --write-out '%{http_code}'; }
is_status() { [ "$(status "$2")" = "$1" ]; }
has_header() { ask_public / --head | grep -i "$1"; }
has_problem() { ask_public /nothing/here | has '"code":"route.not_found"'; }
redirects() { curl --silent --output /dev/null --write-out '%{http_code} %{redirect_url}' "http://127.0.0.1:$HTTP_PORT/" | has '^308 https://'; }
speaks() { openssl s_client -connect "127.0.0.1:$HTTPS_PORT" -servername "$HOST" "$1" </dev/null 2>/dev/null | has 'Cipher is [A-Z]'; }
speaks_no() { ! speaks "$1"; }
is_http2() { [ "$(ask_public /health/live --http2 --output /dev/null --write-out '%{http_version}')" = 2 ]; }
has_days() { openssl x509 -noout -checkend $(($1 * 86400)) -in "$SVGAI_HOME/tls/certificate.pem"; }
has_metrics() { ask_colour "$(live_colour)" /metrics | has '^http_requests_total'; }

check "a picture becomes an SVG, and AI is as it should be ($AI)" smoke ask_public
check "/health/live" is_status 200 /health/live
check "errors are problems" has_problem
check "plain HTTP is sent to HTTPS" redirects
check "HTTP/2" is_http2
check "the certificate holds for two weeks and more" has_days 14
if [ -z "$QUICK" ]; then
    check "TLS 1.3" speaks -tls1_3
    check "no TLS 1.1" speaks_no -tls1_1
    check "Strict-Transport-Security" has_header '^strict-transport-security:'
    check "Content-Security-Policy" has_header '^content-security-policy:'
    check "/metrics is not public" is_status 404 /metrics
    check "/api/v1/admin is not public" is_status 404 /api/v1/admin/accounts
    check "/metrics is there for operators" has_metrics

    for id in $(dock ps --quiet --filter "label=com.docker.compose.project=$SVGAI_PROJECT"); do
        # shellcheck disable=SC2016 # the template's own variables
        IFS='|' read -r name health readonly dropped added user privileged opened < <(dock inspect --format \
            '{{.Name}}|{{.State.Health.Status}}|{{.HostConfig.ReadonlyRootfs}}|{{.HostConfig.CapDrop}}|{{.HostConfig.CapAdd}}|{{.Config.User}}|{{.HostConfig.Privileged}}|{{range $port, $to := .NetworkSettings.Ports}}{{if $to}}{{$port}} {{end}}{{end}}' "$id")
        name=${name#/}
        check "$name is healthy" [ "$health" = healthy ]
        check "$name has a read-only disk, no capabilities" [ "$readonly $dropped $privileged" = "true [ALL] false" ]
        if [[ $name == *-postgres-* ]]; then
            # It starts as root to own its folder; what then serves is no root's.
            check "$name serves as no root" test "$(dock exec "$id" stat --format %u /proc/1)" != 0
        else
            check "$name has no capability added" [ "$added" = "[]" ]
            check "$name runs as no root" test "$(dock exec "$id" id -u)" != 0 -a -n "$user"
        fi
        if [[ $name == *-nginx-* ]]; then continue; fi
        check "$name is not reached from outside" [ -z "$opened" ]
    done
fi
judged "$VERSION (AI: $AI) works"
