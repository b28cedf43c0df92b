"""Forward propagation and backpropagation over the sorted nodes, and the parameters."""
