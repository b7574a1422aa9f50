"""What plugin authors test with: fixtures, strategies, conformance suites."""
