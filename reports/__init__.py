"""What was found: runs collected into one table and written as reports. Never runs anything."""
