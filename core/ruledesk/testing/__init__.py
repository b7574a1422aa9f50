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
                "storage",
                "storage_machine",
                "storage_queries",
                "storage_relations",
                "storage_writing",
            )
        )
    )
