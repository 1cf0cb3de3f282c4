"""The way back: from what is there (metadata, or an OpenAPI document alone) to an integration.yaml."""
