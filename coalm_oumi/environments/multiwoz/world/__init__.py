"""The world in which calls run: eight functions over the databases, and its booking log."""

from coalm_oumi.environments.multiwoz.world.world import Booking, CallResult, World

__all__ = ["Booking", "CallResult", "World"]
