"""What members are told: which event is worth telling, when and where, and the inbox that keeps it."""
