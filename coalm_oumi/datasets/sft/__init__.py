"""Parts as Oumi's supervised fine-tuning datasets: chat layouts, tokens, reply masks."""

# First, because `oumi.core.datasets` imported on its own ends in a circular import.
import oumi.builders  # noqa: F401
