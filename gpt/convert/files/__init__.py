"""files: the files of strangers, fetched, unpacked and read as data, or refused."""
