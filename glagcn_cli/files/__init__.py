"""Write files whole or not at all, check them, and download them."""
