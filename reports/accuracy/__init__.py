"""The accuracy atlas: the distance of every result from the exact value, for every input, shown and compared."""
