"""What a drawing shows: units, edges, values and texts, read from a network."""
