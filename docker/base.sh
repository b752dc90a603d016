#!/usr/bin/env bash
# base.sh TAG CACHE: makes, as root and without an image registry, what python:3.11-slim is near enough: minimal Debian,
# its Python 3.11, pip, `python` in /usr/local/bin, no documentation. Its files stay in CACHE for the next time.
set -euo pipefail

readonly SUITE=bookworm # the Debian whose python3 is 3.11
readonly TAG=$1 CACHE=$2
readonly TAR=$CACHE/base-$SUITE.tar
SCRATCH=$(mktemp -d)
readonly SCRATCH
trap 'rm -rf "$SCRATCH"' EXIT

# quietly COMMAND...: its output is shown only when it fails
quietly() {
  if ! "$@" >"$SCRATCH/log" 2>&1; then
    tail -n 20 "$SCRATCH/log" >&2
    exit 1
  fi
}

if podman image exists "$TAG"; then
  echo "ok   $TAG is there (to renew it: podman rmi $TAG; rm $TAR)"
  exit
fi

mkdir -p "$CACHE" "$SCRATCH/context"
if [[ ! -f $TAR ]]; then
  tree=$SCRATCH/rootfs
  quietly debootstrap --variant=minbase --include=python3,python3-venv,python3-pip,ca-certificates "$SUITE" "$tree"
  rm -rf "$tree"/var/{cache/apt/archives,lib/apt/lists,log}/* "$tree"/usr/share/{doc,info,locale,man}
  ln -s /usr/bin/python3 "$tree/usr/local/bin/python"
  tar -C "$tree" --numeric-owner -cf "$TAR.part" .
  mv "$TAR.part" "$TAR"
fi

ln "$TAR" "$SCRATCH/context/rootfs.tar" 2>/dev/null || cp "$TAR" "$SCRATCH/context/rootfs.tar"
cat >"$SCRATCH/context/Dockerfile" <<'DOCKERFILE'
FROM scratch
ADD rootfs.tar /
ENV PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin
CMD ["python3"]
DOCKERFILE
quietly buildah bud --isolation chroot --format docker --tag "$TAG" "$SCRATCH/context"
echo "ok   $TAG made by debootstrap"
