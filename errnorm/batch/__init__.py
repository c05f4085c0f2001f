"""Captured logs become records: readers, spans, sinks, report."""
