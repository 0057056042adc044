"""training: the loop, what it leaves on disk, and the line of jobs of a server."""
