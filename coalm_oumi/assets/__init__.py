"""Files that the package ships: the embedded corpus."""
