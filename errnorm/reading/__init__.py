"""How bytes become text, XML, JSON and HTML: shared by all vendors, never raising.

Reading knows no vendor. What it cannot read it says in a list of problems beside what it could.
"""
