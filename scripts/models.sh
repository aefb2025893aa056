#!/usr/bin/env bash
# Models, by `svgai models` in the release's image: look at them, check them, fetch them, take them into use.
#
#   scripts/models.sh list | verify [--dry-run] [--help]
#   scripts/models.sh download URL SHA256 FOLDER   a .tar.gz of metadata.json and the files that it names
#   scripts/models.sh update FOLDER                into models/production, if they pass every check
#
# After an update, scripts/deploy_ai/deploy_ai_features.sh puts them into service.
. "$(dirname "$0")/lib/production.sh"

GIVEN=()
while [ $# -gt 0 ]; do
    case $1 in
    --dry-run) DRY_RUN=yes ;;
    --help) help ;;
    -*) misused "what is $1?" ;;
    *) GIVEN+=("$1") ;;
    esac
    shift
done

# in_image OPTION... -- COMMAND...: as the caller, without a network, on models/production.
in_image() {
    local options=()
    while [ "$1" != -- ]; do options+=("$1"); shift; done
    shift
    in_service
    run dock run --rm --network none --read-only --cap-drop ALL --user "$(id -u):$(id -g)" "${options[@]}" \
        "${REGISTRY}svgai:$VERSION" "$@"
}

download() {
    local url=$1 sha256=$2 folder=$3 archive
    need curl tar
    [[ $url == https://* || $url == file://* ]] || die "models are fetched by https only, not from $url"
    if [ -n "$DRY_RUN" ]; then say "would fetch $url into $folder"; return; fi
    archive=$(mktemp)
    # shellcheck disable=SC2064 # the file of now
    trap "rm -f '$archive'" EXIT
    curl --silent --show-error --fail --location --max-time 600 --max-filesize 500000000 --output "$archive" "$url"
    echo "$sha256  $archive" | sha256sum --check --quiet --strict || die "$url is not what was named: another sha256"
    mkdir -p "$folder"
    tar --extract --gzip --no-same-owner --file "$archive" --directory "$folder"
    say "fetched into $folder; next: scripts/models.sh update $folder"
}

case "${GIVEN[0]:-} ${#GIVEN[@]}" in
'list 1') in_image --volume "$ROOT/models:/models:ro" -- svgai models list --models /models/production ;;
'verify 1') in_image --volume "$ROOT/models:/models:ro" -- svgai models verify --models /models/production ;;
'download 4') download "${GIVEN[@]:1}" ;;
'update 2')
    source=$(cd "${GIVEN[1]}" && pwd) || die "there is no folder ${GIVEN[1]}"
    in_image --volume "$ROOT/models:/models" --volume "$source:/new:ro" -- svgai models import /new --models /models/production
    ;;
*) misused "list, verify, download URL SHA256 FOLDER, or update FOLDER" ;;
esac
