"""The content of a drawing: units, edges, values and texts, read from a network."""
