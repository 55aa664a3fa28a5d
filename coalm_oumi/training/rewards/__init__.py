"""Rewards for reinforcement learning: a reply against the answer that is known."""

from coalm_oumi.training.rewards.against_answer import call_match, state_match

REWARDS = {"coalm/call_match": call_match, "coalm/state_match": state_match}
"""By the name under which Oumi's GRPO recipes ask for them (`reward_functions`)."""

__all__ = ["REWARDS", "call_match", "state_match"]
