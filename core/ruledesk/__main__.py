"""``python -m ruledesk``."""

from ruledesk.cli import main

if __name__ == "__main__":
    main()
