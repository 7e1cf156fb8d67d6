"""The domain of the operations service: dead-letter queues, what they hold, and how it goes back."""
