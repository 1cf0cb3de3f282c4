"""Integration and document -> metadata components, by the templates of `metadata_templates/`."""
