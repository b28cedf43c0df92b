"""Drawing primitives, independent of networks: DOT statements, text, colours and styles."""
