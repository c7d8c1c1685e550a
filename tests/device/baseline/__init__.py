"""Finding what a site is compared with."""
