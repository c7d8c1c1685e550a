"""What other systems read of the clinic."""
