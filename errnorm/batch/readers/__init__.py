"""Readers: one form of input a file, chosen by content."""
