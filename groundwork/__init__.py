"""What both programs stand on: strict settings, files whole or absent, TLS with a certificate."""
