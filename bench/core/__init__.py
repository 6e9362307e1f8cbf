"""What all measurements share: cases, records, run folders, facts of the machine, and the command line."""
