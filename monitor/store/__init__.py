"""The SQLite database: the only package that contains SQL.

`store` implements ports.Store for the workers, `archive` and `administration` the queries and
changes of the command line. `schema` defines the tables, `writer` commits, `rows` converts values.
"""
