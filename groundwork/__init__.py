"""What both programs stand on: one strict settings file, files that are whole or absent, TLS with a certificate."""
