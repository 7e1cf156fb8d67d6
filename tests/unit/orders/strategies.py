"""Orders of every shape that the contract allows."""

from __future__ import annotations

import string
from typing import get_args

from hypothesis import strategies as st

from orders.models import Line, NewOrder
from shared.money import Currency

alphanumeric = string.ascii_letters + string.digits
product_ids = st.builds(str.__add__, st.sampled_from(alphanumeric), st.text(alphanumeric + "_-", max_size=63))
lines = st.builds(
    Line, product_id=product_ids, quantity=st.integers(1, 99), unit_price=st.integers(0, 1_000_000_000)
)
tokens = st.text(alphanumeric + "_-", min_size=1, max_size=64)
new_orders = st.builds(
    NewOrder,
    currency=st.sampled_from(get_args(Currency)),
    lines=st.lists(lines, min_size=1, max_size=50),
    payment_token=tokens,
    shipping_token=tokens,
)
