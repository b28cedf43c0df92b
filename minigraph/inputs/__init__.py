"""What users pass as X and Y, checked and brought into one form."""
