#!/bin/sh
# Runs inside the builder stage of both Dockerfiles, never on a host. Two steps, so that each is its own image layer:
#   install.sh deps [EXTRA]   the dependencies of pyproject.toml (and of one extra) into the virtual environment
#   install.sh app            the package into $STAGE, its embedded checkpoints apart in $WEIGHTS
set -eu

VENV=/opt/babelpool
STAGE=/stage
WEIGHTS=/weights

pip_install() {
  python3 -m pip --python "$VENV/bin/python" install --no-cache-dir --no-compile --root-user-action=ignore "$@"
}

# The image never changes, so the bytecode need not be checked against its source at each start.
compile() { # ROOT: what to leave out of the paths shown in tracebacks
  "$VENV/bin/python" -m compileall -q -j 0 -s "${1:-/}" -p / --invalidation-mode unchecked-hash "${1:-}$VENV/lib"
}

requirements() { # EXTRA
  python3 - "${1:-}" <<'PYTHON'
import sys, tomllib
project = tomllib.load(open("pyproject.toml", "rb"))["project"]
extra = project["optional-dependencies"][sys.argv[1]] if sys.argv[1] else []
print(*project["dependencies"], *extra, sep="\n")
PYTHON
}

# Only what no program reads: the test suites of dependencies, and debugging symbols (ctranslate2's binding alone
# carries 66 MB of them). Libraries under *.libs/ are left as their wheels ship them.
trim() {
  find "$VENV/lib" -depth -type d -path '*/site-packages/*/tests' -exec rm -rf {} +
  find "$VENV/lib" -name '*.so' -not -path '*.libs/*' -exec strip --strip-debug {} +
}

# A library that stripping or trimming broke must fail the build, not the first request.
import_all() {
  find "$VENV/lib" -name '*.so' -not -path '*.libs/*' | while read -r library; do
    "$VENV/bin/python" -c 'import ctypes, sys; ctypes.CDLL(sys.argv[1])' "$library"
  done
  "$VENV/bin/python" -c 'import ctranslate2' # and numpy, through it
}

case "$1" in
  deps)
    python3 -m venv --without-pip "$VENV"
    requirements "${2:-}" >/tmp/requirements.txt
    pip_install --requirement /tmp/requirements.txt
    python3 -m pip --python "$VENV/bin/python" check
    trim
    import_all
    compile
    ;;
  app)
    pip_install --no-deps --root "$STAGE" .
    compile "$STAGE"
    package=$(echo "$STAGE$VENV"/lib/python3.*/site-packages/model_pool)
    mkdir -p "$WEIGHTS${package#"$STAGE"}"
    mv "$package/embedded" "$WEIGHTS${package#"$STAGE"}/"
    ;;
  *)
    echo "install.sh: unknown step: $1" >&2
    exit 2
    ;;
esac
