"""The store interface and the queries that it serves."""
