"""Answers of log stores whose rows are no objects: those of CloudWatch Logs Insights, Loki and Azure Monitor.

{"results":[[{"field":"@timestamp","value":"2026-11-21 10:15:30.123"},{"field":"@message","value":"…"}]]}
{"data":{"resultType":"streams","result":[{"stream":{"app":"gateway"},"values":[["1795255200000000000","…"]]}]}}
{"tables":[{"columns":[{"name":"TimeGenerated"},{"name":"Message"}],"rows":[["2026-11-21T10:15:30Z","…"]]}]}
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["NAMES", "rows_of"]

NAMES = frozenset({"results", "data", "streams", "tables"})
"""One of these members holds the rows."""

_CELL = frozenset({"field", "value"})
_WHOLE = frozenset({*NAMES, "statistics", "status", "queryLanguage", "encryptionKey", "stats"})


def rows_of(answer: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """Give the rows of an answer, each as an object; None where it is no such answer, or not all of it.

    Args:
        answer: an object as exported.

    Example:
        >>> rows_of({"results": [[{"field": "@message", "value": "started"}]]})
        [{'@message': 'started'}]
        >>> rows_of({"streams": [{"stream": {"app": "gw"}, "values": [["1795255200000000000", "started"]]}]})
        [{'app': 'gw', 'time': '1795255200000000000', 'message': 'started'}]
        >>> rows_of({"tables": [{"columns": [{"name": "Message"}], "rows": [["started"]]}]})
        [{'Message': 'started'}]
        >>> rows_of({"results": [[{"field": "name", "message": "is missing"}]]})
    """
    # A status of HTTP is that of an answer that failed, or of a capture.
    if not isinstance(answer.get("status", ""), str) or answer.get("status", "").isdecimal():
        return None
    rows = _rows_of(answer)
    return rows if rows or _is_whole(answer) else None


def _is_whole(answer: Mapping[str, Any]) -> bool:
    """Tell whether an answer without rows is one of a log store and tells of nothing else, as of an error."""
    data = answer.get("data")
    is_one = (
        "statistics" in answer or answer.get("tables") or (isinstance(data, dict) and "resultType" in data)
    )
    return bool(is_one) and answer.keys() <= _WHOLE


def _rows_of(answer: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    data = answer.get("data")
    if isinstance(data, dict):
        return _loki(data.get("result")) if data.get("resultType", "streams") == "streams" else None
    if "streams" in answer:
        return _loki(answer["streams"])
    if "tables" in answer:
        return _azure(answer["tables"])
    return _insights(answer.get("results"))


def _insights(results: Any) -> list[dict[str, Any]] | None:  # noqa: ANN401 - any JSON value
    if not _are(results, lambda row: _are(row, _is_cell)):
        return None
    return [{cell["field"]: cell.get("value") for cell in row} for row in results if row]


def _is_cell(cell: Any) -> bool:  # noqa: ANN401 - any JSON value
    return isinstance(cell, dict) and isinstance(cell.get("field"), str) and cell.keys() <= _CELL


def _loki(streams: Any) -> list[dict[str, Any]] | None:  # noqa: ANN401 - any JSON value
    if not _are(streams, _is_stream):
        return None
    return [
        {**stream["stream"], "time": line[0], "message": line[1]}
        for stream in streams
        for line in stream.get("values", ())
    ]


def _is_stream(stream: Any) -> bool:  # noqa: ANN401 - any JSON value
    is_one = isinstance(stream, dict) and isinstance(stream.get("stream"), dict)
    return is_one and _are(stream.get("values", []), lambda line: isinstance(line, list) and len(line) > 1)


def _azure(tables: Any) -> list[dict[str, Any]] | None:  # noqa: ANN401 - any JSON value
    if not _are(tables, _is_table):
        return None
    return [
        dict(zip(names, row, strict=False))
        for table in tables
        for names in [[column["name"] for column in table["columns"]]]
        for row in table["rows"]
    ]


def _is_table(table: Any) -> bool:  # noqa: ANN401 - any JSON value
    columns = table.get("columns") if isinstance(table, dict) else None
    if not columns or not _are(columns, _is_column):
        return False
    return _are(table.get("rows"), lambda row: isinstance(row, list) and len(row) <= len(columns))


def _is_column(column: Any) -> bool:  # noqa: ANN401 - any JSON value
    return isinstance(column, dict) and isinstance(column.get("name"), str)


def _are(value: Any, is_one: Callable[[Any], bool]) -> bool:  # noqa: ANN401 - any JSON value
    return isinstance(value, list) and all(map(is_one, value))
