"""A card for each activation: what it is, what each backend makes of it, what it costs."""
