"""The desk service: configuration, submission, actions, clock and delivery."""
