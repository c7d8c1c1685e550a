"""Who may use the page: sessions, PIN, tokens against forged requests, limits."""
