"""The check of a reader's own function against the exact values of a definition."""
