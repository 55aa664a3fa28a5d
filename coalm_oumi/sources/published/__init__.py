"""The published sources: an entry for each, a file for each publisher or task."""
