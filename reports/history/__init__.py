"""Several runs in the order of their dates: the trend, and the gate over them."""
