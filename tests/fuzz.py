"""Coverage-guided fuzzing of the road from a body to its record: `make fuzz`.

atheris changes bodies and keeps those that reach new branches of errnorm; the fixtures are its seeds. What
breaks a promise is kept under `.fuzz/findings`, once for each place in the code, and the run goes on. A
finding becomes a fixture, and then it can never come back.

    python tests/fuzz.py -max_total_time=1800
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
import time
import traceback
from pathlib import Path
from typing import Any

import atheris
import orjson
from corpus import cases

with atheris.instrument_imports(include=["errnorm"]):
    import errnorm
    import errnorm.normalizer
    from errnorm.redaction import CONTACT_CENTER

    for module in pkgutil.walk_packages(errnorm.__path__, "errnorm."):
        if not module.name.startswith(
            ("errnorm.cli", "errnorm.cards", "errnorm.__main__", "errnorm.vendors._")
        ):
            importlib.import_module(module.name)

HOME = Path(__file__).parent.parent / ".fuzz"
SLOW_SECONDS = 1.0
VENDORS = [None, *(vendor.name for vendor in errnorm.Normalizer().vendors), "unknown"]
STATUSES = [None, 200, 400, 401, 403, 404, 409, 429, 500, 502, 503, 504]
TYPES = [
    None,
    "application/json",
    "text/xml",
    "text/html",
    "text/xml; charset=utf-16",
    "text/plain; charset=big5",
]
ENCODINGS = [None, "gzip", "deflate", "br", "zstd", "gzip, br"]
OPTION_BYTES = b"\0" * 4  # libFuzzer's provider takes numbers from the end of the input

normalizer = errnorm.Normalizer(cache_size=0)


def fail(*args: Any) -> Any:
    """Let nothing be caught by the third net."""
    raise args[-1]


errnorm.normalizer.third_net = fail


def options(provider: Any) -> dict[str, Any]:
    """Draw what is known about a body."""
    encoding = provider.PickValueInList(ENCODINGS)
    return {
        "vendor": provider.PickValueInList(VENDORS),
        "status": provider.PickValueInList(STATUSES),
        "content_type": provider.PickValueInList(TYPES),
        "headers": {"Content-Encoding": encoding} if encoding else None,
    }


def check(body: bytes, given: dict[str, Any]) -> None:
    """Hold the promises for one body: an answer, the bytes kept, a record that can be written and read."""
    result = normalizer.normalize(body, **given)
    assert result.raw.data == body
    for record in result:
        assert errnorm.from_dict(orjson.loads(orjson.dumps(record.to_dict()))) == record
        assert record.code is None or isinstance(record.code, str)
    assert result or given["status"] is None or given["status"] < 400
    for record in result.redacted(CONTACT_CENTER):
        assert errnorm.from_dict(orjson.loads(orjson.dumps(record.to_dict()))) == record


def one_input(data: bytes) -> None:
    """Try one input; keep it where it breaks a promise or takes its time."""
    provider = atheris.FuzzedDataProvider(data)
    given = options(provider)
    body = provider.ConsumeBytes(len(data))
    start = time.process_time()
    try:
        check(body, given)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is a finding
        keep(error, body, given)
    if time.process_time() - start > SLOW_SECONDS:
        keep(TimeoutError("slow"), body, given)


def keep(error: Exception, body: bytes, given: dict[str, Any]) -> None:
    """Write a finding down, once for each place."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "errnorm" in frame.filename]
    place = f"{Path(frames[-1].filename).stem}-{frames[-1].lineno}" if frames else "fuzz"
    folder = HOME / "findings" / f"{type(error).__name__}-{place}"
    if not folder.exists():
        folder.mkdir(parents=True)
        (folder / "body").write_bytes(body)
        (folder / "given.json").write_bytes(orjson.dumps(given))
        (folder / "error.txt").write_text("".join(traceback.format_exception(error)))


def main() -> None:
    """Write the fixtures as seeds, and go on until time or patience ends."""
    corpus, seeds = HOME / "corpus", HOME / "seeds"
    for folder in (corpus, seeds):
        folder.mkdir(parents=True, exist_ok=True)
    for case in cases():
        (seeds / case.name.replace("/", "-")).write_bytes(case.body + OPTION_BYTES)
    atheris.Setup([*sys.argv, "-max_len=8192", "-print_final_stats=1", str(corpus), str(seeds)], one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
