"""The people of the clinic: accounts, what each may do, their sessions, and the trail of what they looked at."""
