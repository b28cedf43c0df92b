"""Training: by mini-batches (`fit`), or on the whole training set at once by SciPy (`minimize`)."""
