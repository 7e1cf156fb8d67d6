"""The domain of the orders service: what an order is, how one is placed, and where orders are kept."""
