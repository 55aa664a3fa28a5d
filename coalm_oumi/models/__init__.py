"""Pretrained models that come without an account: what they are, and how they are had."""
