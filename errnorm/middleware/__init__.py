"""errnorm inside the clients, servers and retry loops of others: one integration a file.

Nothing is imported here, so that each file needs its own package and no other.
"""
