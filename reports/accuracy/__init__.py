"""The accuracy atlas: the error of every result, for every input, shown and compared."""
