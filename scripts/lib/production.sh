# shellcheck shell=bash
# What the scripts for production have in common. They source this file and are run from anywhere.
#
# Words: a release is a version of the image `svgai`, and with it the tag of `svgai-ai`, or "off". A colour is one of the two
# webs. What is in service stands in $SVGAI_HOME/release and in $SVGAI_HOME/switch, where nginx looks for it.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$ROOT"
export SVGAI_HOME=${SVGAI_HOME:-$ROOT/production}
export SVGAI_PROJECT=${SVGAI_PROJECT:-svgai}
REGISTRY=${SVGAI_REGISTRY:-}
HOST=${SVGAI_HOST:-localhost}
HTTPS_PORT=${HTTPS_PORT:-443}
HTTP_PORT=${HTTP_PORT:-80}
OPERATOR=http://127.0.0.1:${OPERATOR_PORT:-9090}
DOCKER_SECONDS=${DOCKER_SECONDS:-600} # an engine that hangs shall not hang a script

BEHIND=(worker-fast worker-standard worker-refined callbacks schedule)
# shellcheck disable=SC2034 # scripts use it
ALWAYS=(nginx postgres redis "${BEHIND[@]}") # and one web

DRY_RUN=

# --- talking

say() { printf '%s  %s\n' "$(date +%T)" "$*" >&2; }
die() {
    say "error: $*"
    exit 1
}

# What stands at the top of the script that was called.
help() {
    sed -n '2,/^[^#]/s/^#\( \|$\)//p' "$0"
    exit 0
}

misused() {
    say "error: $1"
    say "See $(basename "$0") --help"
    exit 2
}

FAULTS=0

# check WORDS COMMAND...: say whether it is so, and count where it is not.
check() {
    local words=$1
    shift
    if "$@" >/dev/null 2>&1; then
        say "ok     $words"
    else
        say "FAULT  $words"
        FAULTS=$((FAULTS + 1))
    fi
}

# judged WORDS: the end of all checks.
judged() {
    [ "$FAULTS" = 0 ] || die "$FAULTS faults"
    say "$1"
}

# run COMMAND...: or say it, where this is a rehearsal.
run() {
    if [ -n "$DRY_RUN" ]; then say "would run: $*"; else "$@"; fi
}

need() {
    local tool
    for tool in "$@"; do command -v "$tool" >/dev/null || die "$tool is not installed"; done
}

# One of these scripts at a time.
alone() {
    mkdir -p "$SVGAI_HOME"
    exec 9>"$SVGAI_HOME/lock"
    flock --nonblock 9 || die "another script is at work ($SVGAI_HOME/lock)"
}

# has PATTERN...: whether it is in what comes. Unlike `grep -q` it hears all of it, or whoever talks would end with an error.
has() { grep "$@" >/dev/null; }

seconds_since() { awk -v begin="$1" -v now="$(date +%s.%N)" 'BEGIN { printf "%.1f", now - begin }'; }

# --- docker

dock() { timeout "$DOCKER_SECONDS" docker "$@" 9>&-; }

# compose ARGUMENT...: for the release VERSION and AI, which callers set.
compose() {
    local files=(-f docker-compose.prod.yml)
    if [ "$AI" != off ]; then files+=(-f docker-compose.ai.yml); fi
    SVGAI_VERSION=$VERSION SVGAI_AI_VERSION=$AI dock compose --profile switch "${files[@]}" "$@"
}

# containers SERVICE...: the ids of those that there are, running or not, but for those of `compose run`.
containers() {
    local service
    for service in "$@"; do
        dock ps --all --quiet --no-trunc --filter "label=com.docker.compose.project=$SVGAI_PROJECT" \
            --filter "label=com.docker.compose.service=$service" --filter label=com.docker.compose.oneoff=False
    done
}

running() { dock ps --quiet --filter "label=com.docker.compose.project=$SVGAI_PROJECT" --filter "label=com.docker.compose.service=$1"; }

# wait_healthy SECONDS CONTAINER...: until all are; at once no, where one ends or is unwell.
wait_healthy() {
    local end=$((SECONDS + $1)) states
    shift
    [ $# -gt 0 ] || { say "there is no container to wait for"; return 1; }
    while true; do
        states=$(dock inspect --format '{{.Name}} {{.State.Status}} {{.RestartCount}} {{.State.Health.Status}}' "$@")
        if grep -Ev ' running 0 (healthy|starting)$' <<<"$states" >&2; then say "that is not well"; return 1; fi
        if ! grep -q ' starting$' <<<"$states"; then return 0; fi
        if [ $SECONDS -ge $end ]; then say "not healthy in time:"; grep ' starting$' <<<"$states" >&2; return 1; fi
        sleep 0.5
    done
}

# remove CONTAINER...: they finish first what they have begun, as long as their grace period allows.
remove() {
    local there
    mapfile -t there < <(printf '%s\n' "$@" | grep .)
    [ ${#there[@]} -gt 0 ] || return 0
    dock stop "${there[@]}" >/dev/null
    dock rm --force "${there[@]}" >/dev/null
}

# --- the release in service

recorded() { sed -n "s/^$1=//p" "$SVGAI_HOME/release" 2>/dev/null || true; }
is_deployed() { [ -n "$(recorded VERSION)" ]; }

# in_service: VERSION and AI as they are.
in_service() {
    is_deployed || die "nothing is deployed yet: scripts/deploy_production.sh"
    VERSION=$(recorded VERSION)
    AI=$(recorded AI)
}

live_colour() { if [ -e "$SVGAI_HOME/switch/green" ]; then echo green; else echo blue; fi; }
idle_colour() { if [ -e "$SVGAI_HOME/switch/green" ]; then echo blue; else echo green; fi; }

# record: VERSION and AI are in service from now on.
record() {
    printf 'VERSION=%s\nAI=%s\n' "$VERSION" "$AI" >"$SVGAI_HOME/release.new"
    mv "$SVGAI_HOME/release.new" "$SVGAI_HOME/release"
    printf '%s %s %s\n' "$(date -u +%FT%TZ)" "$VERSION" "$AI" >>"$SVGAI_HOME/releases"
}

# serve COLOUR: nginx looks anew for each request.
serve() {
    if [ "$1" = green ]; then touch "$SVGAI_HOME/switch/green"; else rm -f "$SVGAI_HOME/switch/green"; fi
}

# --- images

has_image() { dock image inspect "$1" >/dev/null 2>&1; }

# get_image: the image of VERSION, from here, from the registry, or built.
get_image() {
    local image=${REGISTRY}svgai:$VERSION
    if has_image "$image"; then return; fi
    if [ -n "$REGISTRY" ]; then run dock pull --quiet "$image"; return; fi
    say "building $image"
    run dock_build --target web --build-arg "REVISION=$(revision)" --tag "$image" .
}

# get_ai_image: the same of AI.
get_ai_image() {
    local image=${REGISTRY}svgai-ai:$AI
    if [ "$AI" = off ] || has_image "$image"; then return; fi
    if [ -n "$REGISTRY" ]; then run dock pull --quiet "$image"; return; fi
    say "building $image"
    run dock_build --file Dockerfile.ai --build-arg "BASE=${REGISTRY}svgai:$VERSION" \
        --build-arg "TORCHSCRIPT=${TORCHSCRIPT:-}" --build-arg "TORCH_INDEX=${TORCH_INDEX:-}" --tag "$image" .
}

dock_build() { timeout 3600 docker build --quiet "$@" >/dev/null 9>&-; }
revision() { git describe --always --dirty 2>/dev/null || echo unknown; }

# The models' digest is part of the tag, so that other models make another image.
ai_tag() { echo "$1-$(cat models/production/metadata.json | sha256sum | cut -c1-8)"; }

# --- asking

# ask_public PATH [CURL OPTION...]: over TLS, as strangers do.
ask_public() {
    local path=$1 trust=() certificate=$SVGAI_HOME/tls/certificate.pem
    shift
    if [ "$(openssl x509 -noout -subject -nameopt RFC2253 -in "$certificate" | cut -d= -f2-)" = \
        "$(openssl x509 -noout -issuer -nameopt RFC2253 -in "$certificate" | cut -d= -f2-)" ]; then
        trust=(--cacert "$certificate")
    fi
    curl --silent --show-error --max-time 65 --resolve "$HOST:$HTTPS_PORT:127.0.0.1" "${trust[@]}" \
        "$@" "https://$HOST:$HTTPS_PORT$path"
}

# ask_colour COLOUR PATH [CURL OPTION...]: one web, in service or not.
ask_colour() {
    local colour=$1 path=$2
    shift 2
    curl --silent --show-error --max-time 65 --header "X-Colour: $colour" "$@" "$OPERATOR$path"
}

# operator_key: a key for these scripts; one that no longer holds is made anew.
operator_key() {
    local file=$SVGAI_HOME/secrets/operations_key web
    if [ ! -s "$file" ] || [ "$(ask_colour "$(live_colour)" /api/v1/usage --header "Authorization: Bearer $(cat "$file")" \
        --output /dev/null --write-out '%{http_code}')" = 401 ]; then
        web=$(running "web-$(live_colour)")
        dock exec "$web" svgai accounts list | has '  operations  ' ||
            dock exec "$web" svgai accounts create operations --jobs-per-minute 600 >/dev/null
        (umask 077 && dock exec "$web" svgai keys create --account operations --name scripts 2>/dev/null >"$file")
    fi
    cat "$file"
}

# smoke ASK...: the page, readiness, a picture that nobody has converted before, and the truth about AI.
smoke() {
    local key folder status said job
    folder=$(mktemp -d)
    # shellcheck disable=SC2064 # the folder of now
    trap "rm -rf '$folder'" RETURN
    said=$("$@" /health/ready)
    grep -q '"ok"' <<<"$said" || { say "not ready: $said"; return 1; }
    "$@" / | has -i '<!doctype html' || { say "the page is missing"; return 1; }
    said=$("$@" /api/ai-status) || return 1
    if [ "$AI" = off ]; then
        grep -Eq '"enabled": ?false' <<<"$said" || { say "AI is off, but the service says: $said"; return 1; }
    else
        grep -Eq '"source": ?"model"' <<<"$said" || { say "AI is on, but the service says: $said"; return 1; }
    fi
    key=$(operator_key)
    { cat scripts/lib/smoke.png && head -c 16 /dev/urandom; } >"$folder/picture"
    status=$("$@" /api/v1/convert --header "Authorization: Bearer $key" --form "image=@$folder/picture;filename=smoke.png" \
        --output "$folder/svg" --dump-header "$folder/headers" --write-out '%{http_code}')
    if [ "$status" = 202 ]; then # there is much to do
        job=$(sed -n 's|^location: .*/jobs/\([A-Za-z0-9_-]*\).*|\1|ip' "$folder/headers")
        for _ in 1 2 3 4; do
            status=$("$@" "/api/v1/jobs/$job/result" --header "Authorization: Bearer $key" --header "Prefer: wait=20" \
                --output "$folder/svg" --write-out '%{http_code}')
            if [ "$status" = 200 ]; then break; fi
            sleep 5
        done
    fi
    if [ "$status" != 200 ] || ! head -c 4 "$folder/svg" | has '<svg'; then
        say "a picture was answered with $status: $(head -c 300 "$folder/svg")"
        return 1
    fi
}
