"""What training needs beside Oumi: attention over packed samples, several GPUs."""
