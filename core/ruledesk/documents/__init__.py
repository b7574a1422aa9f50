"""A ticket on paper: the handling report and the service desk's forms (requirements A13, C14)."""

from ruledesk.documents.forms import FORMS, make_document
from ruledesk.documents.html import to_html
from ruledesk.documents.markdown import to_markdown
from ruledesk.documents.model import Document
from ruledesk.documents.paper import Paper

__all__ = ["FORMS", "Document", "Paper", "make_document", "to_html", "to_markdown"]
