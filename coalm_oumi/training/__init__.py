"""What training on several GPUs needs beside Oumi."""
