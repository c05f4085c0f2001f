"""All questions, in the order of the table: `make bench` writes it into docs/performance.md.

A new question is a new file with a function `questions`, and one line in `QUESTIONS`.
"""

from __future__ import annotations

from pathlib import Path

import batch
import first_call
import growth
import harness
import middleware
import page
import registered
import shapes
import spans
import startup
import storm
import weight

QUESTIONS = (shapes, storm, page, registered, growth, weight, middleware, first_call, startup, spans, batch)

if __name__ == "__main__":
    harness.main(
        *(file.questions for file in QUESTIONS),
        page=Path(__file__).parent.parent / "docs" / "performance.md",
    )
