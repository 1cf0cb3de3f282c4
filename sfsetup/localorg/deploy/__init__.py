"""Deploys: options, the zip's contents, judgement, storing, results."""
