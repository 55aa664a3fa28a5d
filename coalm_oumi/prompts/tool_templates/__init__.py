"""Chat templates with tools, for models whose own template knows none."""
