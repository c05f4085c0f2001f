"""Answers of log stores whose rows are no objects: those of CloudWatch Logs Insights, Loki and Azure Monitor.

{"results":[[{"field":"@timestamp","value":"2026-11-21 10:15:30.123"},{"field":"@message","value":"…"}]]}
{"data":{"resultType":"streams","result":[{"stream":{"app":"gateway"},"values":[["1795255200000000000","…"]]}]}}
{"tables":[{"columns":[{"name":"TimeGenerated"},{"name":"Message"}],"rows":[["2026-11-21T10:15:30Z","…"]]}]}
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["NAMES", "rows_of"]

NAMES = frozenset({"results", "data", "streams", "tables"})
"""One of these members holds the rows."""


def rows_of(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Give the rows of an answer, each as an object; none where it is no such answer.

    Args:
        answer: an object as exported.

    Example:
        >>> rows_of({"results": [[{"field": "@message", "value": "started"}]]})
        [{'@message': 'started'}]
        >>> rows_of({"streams": [{"stream": {"app": "gw"}, "values": [["1795255200000000000", "started"]]}]})
        [{'app': 'gw', 'time': '1795255200000000000', 'message': 'started'}]
        >>> rows_of({"tables": [{"columns": [{"name": "Message"}], "rows": [["started"]]}]})
        [{'Message': 'started'}]
    """
    return _insights(answer.get("results")) or _loki(answer) or _azure(answer.get("tables"))


def _insights(results: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - any JSON value
    rows = [_objects(row) for row in _list(results)]
    return [
        row
        for cells in rows
        if (row := {cell["field"]: cell.get("value") for cell in cells if "field" in cell})
    ]


def _loki(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    data = answer.get("data")
    streams = data.get("result") if isinstance(data, dict) else answer.get("streams")
    return [
        {**labels, "time": line[0], "message": line[1]}
        for stream in _objects(streams)
        if isinstance(labels := stream.get("stream"), dict)
        for line in _list(stream.get("values"))
        if isinstance(line, list) and len(line) > 1
    ]


def _azure(tables: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - any JSON value
    return [
        dict(zip(names, row, strict=False))
        for table in _objects(tables)
        if (names := [str(column.get("name")) for column in _objects(table.get("columns"))])
        for row in _list(table.get("rows"))
        if isinstance(row, list)
    ]


def _list(value: Any) -> list[Any]:  # noqa: ANN401 - any JSON value
    return value if isinstance(value, list) else []


def _objects(value: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - any JSON value
    return [item for item in _list(value) if isinstance(item, dict)]
