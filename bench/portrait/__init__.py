"""Portraits: what a backend itself gives for each activation, so far as a card of it needs that."""
