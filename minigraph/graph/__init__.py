"""The computation graph: layers, nodes (calls of layers), units and edges."""
