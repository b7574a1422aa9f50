"""What plugin authors test with: fixtures, strategies, conformance suites."""

import sys

if "pytest" in sys.modules:
    # The suites assert; under pytest a failure is to show the values, as in a test's own module.
    # Whatever else imports this package does not have, or want, pytest.
    sys.modules["pytest"].register_assert_rewrite(
        *(
            f"{__name__}.{module}"
            for module in (
                "channel",
                "dispatcher",
                "notifier",
                "rule_engine",
                "storage",
                "storage_deletion",
                "storage_machine",
                "storage_machine_work",
                "storage_machine_writes",
                "storage_queries",
                "storage_races",
                "storage_relations",
                "storage_rewriting",
                "storage_snapshots",
                "storage_work",
                "storage_writing",
            )
        )
    )
