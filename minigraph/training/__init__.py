"""Training: with mini-batches (`fit`), or on the whole training set with SciPy (`minimize`)."""
