"""What another ruleset would have decided on a recording, ticket by ticket.

`ruledesk.pilot.comparison.replay` plays the steps on two desks side by side; what each of them made
of a ticket becomes a `ruledesk.pilot.comparison.course.Course`, and
`ruledesk.pilot.comparison.counting` adds up the differences. All but the replay is pure.
"""
