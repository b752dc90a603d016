"""Hand this machine's pip settings to an image build, for check.sh: reads `pip config list`, writes to one folder.

In the folder: `pip.conf` and `ca_bundle`, to be build secrets, and `mounts`, one `host folder:image folder` a line.
"""

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

COPIED = ("trusted-host", "proxy", "no-index", "retries", "timeout", "default-timeout")
CA_VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
CA_FILES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt")
CA_SECRET = "/run/secrets/ca_bundle"  # noqa: S105 - where the Dockerfile mounts it
# Folders that every base image has and leaves empty: a new mount point would stay behind in the image.
MOUNT_POINTS = ("/mnt", "/srv", "/media", "/home")


def pip_settings() -> dict[str, str]:
    """Everything set in pip's files and in PIP_*; the environment has the last word, as in pip."""
    command = [sys.executable, "-m", "pip", "config", "list"]
    listing = subprocess.run(command, capture_output=True, text=True, check=False).stdout  # noqa: S603
    lines = re.findall(r"^(.+?)\.([\w-]+)=(.*)$", listing, re.MULTILINE)
    ordered = sorted(lines, key=lambda line: line[0] == ":env:")
    kept = {"global", "install", ":env:"}
    return {key: ast.literal_eval(value) for section, key, value in ordered if section in kept}


def place_folder(folder: str, *, is_index: bool, mounts: dict[str, str]) -> str:
    """Choose where a folder of packages is mounted; the answer is its URL inside the build."""
    # The pages of an index often link to files beside it (simple/ and ../files/): mount what holds both.
    root, page = os.path.split(folder.rstrip("/")) if is_index else (folder, "")
    if root not in mounts:
        if len(mounts) == len(MOUNT_POINTS):
            sys.exit(f"too many folders of packages in pip's settings: no place to mount {root}")
        mounts[root] = MOUNT_POINTS[len(mounts)]
    return f"file://{mounts[root]}/{page}"


def main(target: Path, *, can_mount: bool) -> None:
    """Write the three files; without mounts, indexes that are folders here are left out."""
    found = pip_settings()
    settings: dict[str, str] = {}
    mounts: dict[str, str] = {}
    bundles = (found.get("cert"), *map(os.environ.get, CA_VARIABLES), *CA_FILES)
    if bundle := next((path for path in bundles if path and Path(path).is_file()), None):
        shutil.copyfile(bundle, target / "ca_bundle")
        settings["cert"] = CA_SECRET
    for key in ("index-url", "extra-index-url", "find-links"):
        kept = []
        for place in found.get(key, "").split():
            folder = place.removeprefix("file://")
            if not folder.startswith("/"):
                kept.append(place)
            elif can_mount and Path(folder).is_dir():
                kept.append(place_folder(folder, is_index=key != "find-links", mounts=mounts))
        if kept:
            settings[key] = "\n  ".join(kept)
    settings |= {key.removeprefix("default-"): found[key] for key in COPIED if key in found}
    (target / "pip.conf").write_text("[global]\n" + "".join(f"{key} = {value}\n" for key, value in settings.items()))
    (target / "mounts").write_text("".join(f"{folder}:{mount}\n" for folder, mount in mounts.items()))


if __name__ == "__main__":
    main(Path(sys.argv[1]), can_mount=sys.argv[2] != "docker")
