"""Writes files whole or not at all, checks them, and downloads them."""
