"""A record in the words of others: pure functions, one dialect a file.

`problem` (RFC 9457), `otel` (OpenTelemetry), `ecs` (Elastic Common Schema), `google_rpc` (google.rpc.Status)
and `sentry`, each safe unless asked to be `faithful`; `safe` is what may be shown to anybody.
"""
