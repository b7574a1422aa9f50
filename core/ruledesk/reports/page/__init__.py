"""A report as one HTML page that needs nothing from elsewhere (requirement D12)."""

from ruledesk.reports.page.page import report_page

__all__ = ["report_page"]
