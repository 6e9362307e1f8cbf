"""The beginners' guide, measured: its calls and digits, its claims, and the question which activation to use."""
