"""The ground of every drawing: DOT statements, text, colours and styles; knows nothing of networks."""
