"""RuleDesk: a pluggable rules-engine framework for service desks.

Integrators import from here what plugins need: `hookimpl`, the model's values, and the kinds of
component with what they take and return. Deeper modules are the desk's own, except
`ruledesk.calendar` and `ruledesk.testing`.
"""

from ruledesk.errors import InvalidInput, NotFound, Problem, Refused, RuleDeskError
from ruledesk.hooks.kinds import (
    CallSeen,
    Channel,
    ChannelContext,
    DeliveryError,
    Dispatcher,
    Fetched,
    Fetching,
    File,
    FollowUp,
    Ignored,
    Intake,
    Mailbox,
    Notifier,
    RawInput,
    Settings,
    StorageBackend,
    Submission,
)
from ruledesk.hooks.spec import hookimpl
from ruledesk.jobs.job import Job, JobRun
from ruledesk.model.action import Submit
from ruledesk.model.event import Event
from ruledesk.model.message import Message
from ruledesk.model.people import Candidate
from ruledesk.model.ticket import Status, Ticket

__version__ = "0.1.0"
#: The version of the hook specs; a plugin that declares another major one is refused.
API_VERSION = "1.0"

__all__ = [
    "API_VERSION",
    "CallSeen",
    "Candidate",
    "Channel",
    "ChannelContext",
    "DeliveryError",
    "Dispatcher",
    "Event",
    "Fetched",
    "Fetching",
    "File",
    "FollowUp",
    "Ignored",
    "Intake",
    "InvalidInput",
    "Job",
    "JobRun",
    "Mailbox",
    "Message",
    "NotFound",
    "Notifier",
    "Problem",
    "RawInput",
    "Refused",
    "RuleDeskError",
    "Settings",
    "Status",
    "StorageBackend",
    "Submission",
    "Submit",
    "Ticket",
    "__version__",
    "hookimpl",
]
