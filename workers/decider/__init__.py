"""The decider: reads facts and commands of its partitions, an organization at a time in turn, and writes decisions."""
