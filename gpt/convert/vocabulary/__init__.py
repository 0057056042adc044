"""vocabulary: the tokenizers of others, out of whatever files a folder has."""
