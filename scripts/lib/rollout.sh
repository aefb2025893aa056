# shellcheck shell=bash
# How a release is put into service beside the one that is, and how that is undone. Sourced after production.sh.
#
# Nothing is taken out of service before its successor has shown that it works, so undoing is never more than
# sending everybody back, and removing what was started.

WATCH_SECONDS=${WATCH_SECONDS:-10}     # how long the new web is watched, once it serves
DRAIN_SECONDS=${DRAIN_SECONDS:-60}     # how long the former one may finish what it has begun
# HEALTHY_SECONDS (90) is how long a new web may take to be healthy.
CANARY_REQUESTS=${CANARY_REQUESTS:-30} # fewer than these are no basis to judge a canary on

# roll_out VERSION AI [CANARY_SECONDS]: into service, or all as it was and status 1. MIGRATE=no leaves the database alone.
roll_out() {
    local former_version former_ai idle former_behind new_behind begin
    former_version=$(recorded VERSION) former_ai=$(recorded AI)
    VERSION=$1 AI=$2
    idle=$(idle_colour)
    mapfile -t former_behind < <(containers "${BEHIND[@]}")
    if ! _bring_in "$idle" "${3:-0}" "${former_behind[@]}"; then
        begin=$(date +%s.%N)
        mapfile -t new_behind < <(containers "${BEHIND[@]}" | grep -vxF -f <(printf '%s\n' none "${former_behind[@]}"))
        rm -f "$SVGAI_HOME/switch/canary"
        serve "$(if [ "$idle" = green ]; then echo blue; else echo green; fi)"
        say "rolled back after $(seconds_since "$begin") s: $former_version (AI: $former_ai) serves alone"
        remove "$(containers "web-$idle")" "${new_behind[@]}"
        say "what was started of $VERSION is gone after $(seconds_since "$begin") s"
        VERSION=$former_version AI=$former_ai
        return 1
    fi
    record
    say "the former web and workers finish what they have begun"
    _drain "web-$(idle_colour)"
    remove "$(containers "web-$(idle_colour)")" "${former_behind[@]}"
}

# _bring_in COLOUR CANARY_SECONDS FORMER...: every step may fail. Whoever asks whether this went well switches `set -e` off
# for all of it, so each step says so itself.
_bring_in() {
    local idle=$1 canary=$2 began new scale
    shift 2
    get_image || return 1
    get_ai_image || return 1
    say "trying one conversion with $VERSION, apart from everything"
    compose run --rm --no-deps -T --entrypoint '' worker-fast python -m workers.trial <scripts/lib/smoke.png | has '<svg' ||
        { say "$VERSION cannot convert a picture"; return 1; }
    if [ "${MIGRATE:-yes}" = yes ]; then migrate || return 1; fi
    say "starting web-$idle with $VERSION (AI: $AI)"
    compose up --detach --no-deps --force-recreate "web-$idle" 2>/dev/null || return 1
    wait_healthy "${HEALTHY_SECONDS:-90}" "$(containers "web-$idle")" || return 1
    say "asking web-$idle, which does not serve yet"
    smoke ask_colour "$idle" || return 1
    if [ "$canary" -gt 0 ]; then try_canary "$idle" "$canary" || return 1; fi
    say "starting workers beside the former ones"
    mapfile -t scale < <(_one_more)
    compose up --detach --no-deps --no-recreate "${scale[@]}" "${BEHIND[@]}" 2>/dev/null || return 1
    mapfile -t new < <(containers "${BEHIND[@]}" | grep -vxF -f <(printf '%s\n' none "$@"))
    wait_healthy 240 "${new[@]}" || return 1
    began=$(date +%s)
    say "web-$idle serves from now on"
    serve "$idle" || return 1
    smoke ask_public || return 1
    sleep "$WATCH_SECONDS"
    _few_faults "$idle" "$began"
}

# migrate: only what the release in service can live with, unless CONTRACT=yes.
migrate() {
    local pending
    pending=$(compose run --rm --no-deps -T --entrypoint '' migrate python migrations/pending.py) || return 1
    if [ -z "$pending" ]; then return; fi
    say "migrations: ${pending//$'\n'/; }"
    if grep -q ' takes away' <<<"$pending"; then
        [ "${CONTRACT:-no}" = yes ] || { say "that would break the release in service; see --contract"; return 1; }
        touch "$SVGAI_HOME/contracted"
    fi
    compose run --rm --no-deps -T migrate >/dev/null 2>"$SVGAI_HOME/logs/migrate.log" ||
        { tail -5 "$SVGAI_HOME/logs/migrate.log" >&2; return 1; }
}

_one_more() {
    local service
    for service in "${BEHIND[@]}"; do
        printf -- '--scale=%s=%d\n' "$service" $(($(containers "$service" | grep -c .) + 1))
    done
}

# _requests COLOUR SINCE: "STATUS SECONDS" of what nginx has asked it since then, one a line.
_requests() {
    dock logs --since "$2" "$(running nginx)" 2>/dev/null |
        sed -n "s/.*\"port\":8443,\"colour\":\"$1\".*\"status\":\([0-9]*\).*\"upstream_seconds\":\"\([0-9.]*\).*/\1 \2/p"
}

# _judged COLOUR SINCE: how many requests, share of 5xx in per cent, 95th percentile of seconds.
_judged() {
    _requests "$1" "$2" | sort -k2n | awk '{ seconds[NR] = $2; bad += $1 >= 500 }
        END { printf "%d %.2f %.3f\n", NR, NR ? 100 * bad / NR : 0, NR ? seconds[int(NR * .95 + .999)] : 0 }'
}

_few_faults() {
    local count bad slow
    read -r count bad slow < <(_judged "$1" "$2")
    say "web-$1: $count requests, $bad % with 5xx, 95 % within $slow s"
    awk -v bad="$bad" 'BEGIN { exit bad > 1 }' || { say "that is more than 1 %"; return 1; }
}

# try_canary COLOUR SECONDS: a tenth of the clients for so long, then a verdict.
try_canary() {
    local began count bad slow stable_count stable_bad stable_slow
    began=$(date +%s)
    say "a tenth of the clients tries web-$1 for $2 s"
    touch "$SVGAI_HOME/switch/canary"
    sleep "$2"
    rm -f "$SVGAI_HOME/switch/canary"
    read -r count bad slow < <(_judged "$1" "$began")
    read -r stable_count stable_bad stable_slow < <(_judged "$(live_colour)" "$began")
    say "canary: $count requests, $bad % with 5xx, 95 % within $slow s; the others: $stable_count, $stable_bad %, $stable_slow s"
    [ "$count" -ge "$CANARY_REQUESTS" ] ||
        { say "fewer than $CANARY_REQUESTS requests are no basis for a verdict (CANARY_REQUESTS, --canary SECONDS)"; return 1; }
    awk -v bad="$bad" -v than="$stable_bad" 'BEGIN { exit bad > than + 1 }' ||
        { say "the canary fails more often than the others, by more than 1 %"; return 1; }
    awk -v slow="$slow" -v than="$stable_slow" 'BEGIN { exit slow > 1.5 * than + 0.25 }' ||
        { say "the canary is slower than the others by more than half and 0.25 s"; return 1; }
}

# _drain SERVICE: until no request is at it any more. Streams of events go on elsewhere when it ends.
_drain() {
    local web end=$((SECONDS + DRAIN_SECONDS))
    web=$(running "$1")
    if [ -z "$web" ]; then return; fi
    sleep 2
    # Of /proc/net/tcp: port 8000 here, a peer that is not this container itself, and established.
    while dock exec "$web" grep -E ' [0-9A-F]{8}:1F40 [0-9A-F]{8}:[0-9A-F]{4} 01 ' /proc/net/tcp 2>/dev/null |
        has -v ' 0100007F:1F40 '; do
        [ $SECONDS -lt $end ] || { say "$1 still has requests after $DRAIN_SECONDS s; it ends all the same"; return 0; }
        sleep 0.5
    done
}

# take_configuration: nginx reads what the checkout says, once it has found it good.
take_configuration() {
    local web
    web=$(running nginx)
    dock exec "$web" nginx -t -q -c /etc/nginx/svgai/nginx.conf && dock exec "$web" nginx -s reload -c /etc/nginx/svgai/nginx.conf
}
