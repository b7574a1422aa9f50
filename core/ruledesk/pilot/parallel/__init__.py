"""Replays over several processes or machines, with the result of one."""
