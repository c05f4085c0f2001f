"""Ask the advisories about the packages that CI pins; say loudly when they could not be asked.

python .ci/audit.py PIP_AUDIT requirements/ci.txt
"""

from __future__ import annotations

import json
import subprocess
import sys


def main(tool: str, pinned: str) -> int:
    """Run pip-audit and tell found weaknesses, none, or that nobody could be asked."""
    command = [
        tool,
        "--require-hashes",
        "--disable-pip",
        "-r",
        pinned,
        "-f",
        "json",
        "--progress-spinner",
        "off",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        packages = []
    asked = [package for package in packages if "skip_reason" not in package]
    weak = [package for package in asked if package["vulns"]]
    for package in weak:
        print(f"{package['name']} {package['version']}: {', '.join(each['id'] for each in package['vulns'])}")
    if len(asked) < len(packages) or not packages:
        print("*" * 72)
        print(f"NOT AUDITED: of {len(packages)} packages the advisories answered for {len(asked)}.")
        print("The network may not reach them from here. Run `pip-audit` where it does before a release.")
        print("*" * 72)
    else:
        print(f"{len(asked)} packages audited, {len(weak)} with a known weakness")
    return 1 if weak else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
