"""Print the oldest versions that pyproject.toml declares: of `httpx>=0.27.0` in an extra, `httpx==0.27.0`.

Usage: python .ci/oldest.py [EXTRA ...]; those of the core are always among them.
"""

import sys
import tomllib
from pathlib import Path

project = tomllib.loads(Path(__file__).parent.with_name("pyproject.toml").read_text("utf-8"))["project"]
needs = [need for extra in sys.argv[1:] for need in project["optional-dependencies"][extra]]
for need in sorted({*project["dependencies"], *needs}):
    print(need.replace(">=", "=="))
