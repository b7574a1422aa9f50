"""What tickets say about the desk as a whole."""
