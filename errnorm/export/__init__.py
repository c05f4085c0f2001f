"""A record in the words of others: pure functions, one dialect a file."""
