#!/usr/bin/env bash
# Whether the models that are deployed advise: asks the service over TLS, as its users do.
#
#   scripts/test_ai_features.sh [--dry-run] [--help]
#
# Looks at: who answers, a picture that is classified, predictions from its features, `auto` by advice, the metrics, and
# whether conversions are remembered. Ends with 1 where anything is otherwise; without models, at once.
. "$(dirname "$0")/lib/production.sh"

while [ $# -gt 0 ]; do
    case $1 in
    --dry-run) DRY_RUN=yes ;;
    --help) help ;;
    *) misused "what is $1?" ;;
    esac
    shift
done
in_service
if [ -n "$DRY_RUN" ]; then
    say "would ask https://$HOST:$HTTPS_PORT"
    exit 0
fi
[ "$AI" != off ] || die "no models are deployed: scripts/deploy_ai/deploy_ai_features.sh"
KEY=$(operator_key)
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
{ cat scripts/lib/smoke.png && head -c 16 /dev/urandom; } >"$WORK/picture"

ask() { ask_public "$@" --fail --header "Authorization: Bearer $KEY"; }
post_json() { ask "$1" --header 'Content-Type: application/json' --data-binary "@$2"; }
models_answer() { ask_public /api/ai-status | has -E '"source": ?"model"'; }
# hand_in PATH FILE: the picture; into the file, what is answered, or the job once it is done: under load nobody may wait.
hand_in() {
    local job
    ask "$1" --form "image=@$WORK/picture;filename=smoke.png" >"$2"
    job=$(sed -n 's/.*"id": *"\(job_[0-9a-f]*\)".*/\1/p' "$2")
    for _ in 1 2 3 4 5 6; do
        if [ -z "$job" ] || has -E '"state": ?"succeeded"' "$2"; then return; fi
        sleep 2
        ask "/api/v1/jobs/$job" --header 'Prefer: wait=10' >"$2"
    done
    return 1
}
classifies() { hand_in /api/v1/classify "$WORK/advice" && has -E '"advised_by": ?"model"' "$WORK/advice"; }
predicts() {
    printf '{"features":%s}' "$(sed 's/.*"features": *\({[^}]*}\).*/\1/' "$WORK/advice")" >"$WORK/question"
    post_json "$1" "$WORK/question" | has -E '"advised_by": ?"model"'
}
routes() { hand_in /api/v1/jobs "$WORK/job" && has -E '"image_type": ?"[a-z]' "$WORK/job"; }
is_measured() { ask_colour "$(live_colour)" /metrics | has '^local_inference_latency_seconds_count [1-9]'; }

check "models answer" models_answer
check "a picture is classified" classifies
check "a method is predicted from features" predicts /api/v1/predict/routing
check "quality is predicted from features" predicts /api/v1/predict/quality
check "auto goes by advice" routes
check "predictions are measured" is_measured
judged "the models of $AI advise"
