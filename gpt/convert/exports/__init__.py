"""exports: a model of ours as the files of other programs."""
