"""The contact: its one state, the rules that change it, its groups and its fields."""
