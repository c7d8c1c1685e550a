"""What a study is: its plan, who is in it, whether it is complete, and, once it is unlocked, what came of its arms."""
