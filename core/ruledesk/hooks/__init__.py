"""The hook specs and the plugin manager."""
