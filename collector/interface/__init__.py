"""What other systems read: a REST interface by tokens, described by an OpenAPI document, that changes nothing."""
