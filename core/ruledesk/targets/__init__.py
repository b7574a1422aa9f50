"""SLA targets: limits, clocks and their ledger."""
