"""From DOT text to pictures and files."""
