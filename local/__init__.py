"""The laptop cloud: the whole application on this machine, with no account, Docker or token."""
