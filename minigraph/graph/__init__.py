"""The computation graph: layers, the nodes that their calls make, units and edges."""
