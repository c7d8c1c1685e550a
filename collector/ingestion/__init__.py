"""From the broker to the store: messages are decided, committed in batches, receipted; asks are answered."""
