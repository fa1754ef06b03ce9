"""Direct messages on X: one stream per app for all its handles, what was missed asked for, subscriptions and tokens looked after."""
