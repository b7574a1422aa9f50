"""First-party plugins: one folder each, registered like any third party's."""
