"""What both programs need of the machine they run on: one strict settings file, and files that are whole or absent."""
