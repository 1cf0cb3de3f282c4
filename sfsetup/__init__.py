"""sfsetup connects Salesforce to any API from one short file. The pipeline is described in ARCHITECTURE.md."""

__version__ = "0.1.0"
