"""assistant: from a model that completes documents to one that answers, stage by stage."""
