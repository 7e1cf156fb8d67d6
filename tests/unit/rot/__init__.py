"""What goes wrong by itself while nobody changes anything: ends of support, and packages that grow."""
