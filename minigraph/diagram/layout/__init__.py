"""Where everything in a drawing stands."""
