"""The accuracy atlas: how far every result of every input is from the exact value, shown and compared."""
