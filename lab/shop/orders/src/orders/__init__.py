"""The shop's orders: placing, listing and cancelling them."""
