"""What training needs beside Oumi: packed samples, several GPUs, rewards, merging."""
