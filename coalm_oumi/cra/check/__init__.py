"""CRA checked: thoughts, calls and responses against what has been said and observed."""
