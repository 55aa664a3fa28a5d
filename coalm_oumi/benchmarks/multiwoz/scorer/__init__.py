"""Predictions judged: state tracking, Inform and Success as mwzeval has them, goals met."""
