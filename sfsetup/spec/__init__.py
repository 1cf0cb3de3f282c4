"""integration.yaml: read, checked against its schema and its document, and turned into frozen values."""
