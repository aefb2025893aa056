#!/usr/bin/env bash
# Put a release into service: the first time from zero, later beside the one that serves, without an interruption.
#
#   scripts/deploy_production.sh [--version TAG] [--ai | --no-ai] [--canary SECONDS] [--contract] [--no-backup]
#                                [--dry-run] [--help]
#
#   --version TAG     tag of the image svgai; it is built from this checkout where there is none (default: git's name of it)
#   --ai, --no-ai     with models, or without (default: as it is; the first time without)
#   --canary SECONDS  let a tenth of the clients try it for so long, and go on only if they fare no worse
#   --contract        also run migrations that the release in service cannot live with; there is no way back then
#   --no-backup       do not save the database first
#
# Steps: checks, a copy of the database, one conversion apart from everything, migrations, the other web, a picture through it,
# canary, workers, the switch, a picture over TLS, ten seconds of watching. Whatever fails, the release that served goes on.
# Environment: SVGAI_HOME, SVGAI_HOST, HTTPS_PORT, HTTP_PORT, OPERATOR_PORT, SVGAI_REGISTRY as in docker-compose.prod.yml.
. "$(dirname "$0")/lib/production.sh"
. scripts/lib/rollout.sh

VERSION='' AI='' CANARY=0 BACKUP=yes CONTRACT=no
while [ $# -gt 0 ]; do
    case $1 in
    --version) VERSION=${2:-}; shift ;;
    --ai) AI=on ;;
    --no-ai) AI=off ;;
    --canary) CANARY=${2:-}; shift ;;
    --contract) CONTRACT=yes ;;
    --no-backup) BACKUP=no ;;
    --dry-run) DRY_RUN=yes ;;
    --help) help ;;
    *) misused "what is $1?" ;;
    esac
    shift
done
VERSION=${VERSION:-$(revision)}
[[ $VERSION =~ ^[A-Za-z0-9][A-Za-z0-9_.-]{0,100}$ ]] || misused "this is no tag of an image: '$VERSION'"
[[ $CANARY =~ ^[0-9]{1,5}$ ]] || misused "--canary takes seconds, not '$CANARY'"
case $AI in
'') AI=$(recorded AI); if [ "${AI:-off}" != off ]; then AI=$(ai_tag "$VERSION"); else AI=off; fi ;;
on) AI=$(ai_tag "$VERSION") ;;
esac
begin=$(date +%s.%N)

first() {
    get_image
    get_ai_image
    say "starting everything with $VERSION (AI: $AI)"
    run compose up --detach --wait --wait-timeout 240 "web-$(live_colour)" "${ALWAYS[@]}" 2>"$SVGAI_HOME/logs/start.log" ||
        { tail -20 "$SVGAI_HOME/logs/start.log" >&2; die "it does not start"; }
    if [ -n "$DRY_RUN" ]; then return; fi
    record
    smoke ask_public || die "it runs, but does not work; look at: docker compose --project-name $SVGAI_PROJECT logs"
}

next() {
    local wanted=$VERSION models=$AI
    if [ -n "$DRY_RUN" ]; then
        say "would roll out $VERSION (AI: $AI) as web-$(idle_colour), beside $(recorded VERSION) (AI: $(recorded AI))"
        return
    fi
    if [ "$BACKUP" = yes ]; then scripts/backup.sh --database-only --locked; fi
    take_configuration
    roll_out "$wanted" "$models" "$CANARY" || die "$wanted is not in service; $(recorded VERSION) still is"
}

scripts/make_secrets.sh ${DRY_RUN:+--dry-run}
alone
scripts/pre_deploy_check.sh ${DRY_RUN:+--dry-run}
if is_deployed; then next; else first; fi
if [ -z "$DRY_RUN" ]; then say "$VERSION (AI: $AI) is in service after $(seconds_since "$begin") s"; fi
