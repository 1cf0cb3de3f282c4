"""The table of commands: what `--help` shows without importing any of them."""

from __future__ import annotations

from typing import NamedTuple


class Entry(NamedTuple):
    """One command: its name, where it is (`module:attribute`), the help section and the line shown there."""

    name: str
    target: str
    section: str
    help: str


BUILD, DEPLOY, LOOK, LOCAL = "Build", "Deploy", "Look", "Local org"

COMMANDS: tuple[Entry, ...] = (
    Entry("init", "init:command", BUILD, "Write an integration folder from an OpenAPI document."),
    Entry("openapi", "openapi:command", BUILD, "Judge, fit, name and compare OpenAPI documents."),
    Entry("render", "render:command", BUILD, "Write the metadata of integrations to files."),
    Entry("validate", "validate:command", BUILD, "Check integrations or metadata offline."),
    Entry("explain", "explain:command", BUILD, "Describe an integration as a change request in Markdown."),
    Entry("plan", "plan:command", DEPLOY, "Show what a deploy would change in an org."),
    Entry("deploy", "deploy:command", DEPLOY, "Deploy integrations: metadata, secret, flow, assignment."),
    Entry("job", "job:command", DEPLOY, "Report, resume, cancel or quick-deploy a deployment."),
    Entry("verify", "verify:command", DEPLOY, "Run the flow of an integration and check its outputs."),
    Entry("secret", "secret:command", DEPLOY, "Set, show the status of, or clear a principal's secrets."),
    Entry("rollback", "rollback:command", DEPLOY, "Take an org back to before a deploy."),
    Entry("destroy", "destroy:command", DEPLOY, "Remove an integration from an org."),
    Entry("audit", "audit:command", LOOK, "Find what is wrong in an org or in metadata files."),
    Entry("inventory", "inventory:command", LOOK, "List all outbound integrations of an org or of files."),
    Entry("diagnose", "diagnose:command", LOOK, "Tell why a user cannot make the callout."),
    Entry("adopt", "adopt:command", LOOK, "Write the integration.yaml of what is already there."),
    Entry("org", "org:command", LOOK, "List and show the orgs that sfsetup can reach."),
    Entry("local", "local:command", LOCAL, "Run the local org: Salesforce's protocols without Salesforce."),
    Entry("demo", "demo:command", LOCAL, "Send an SMS from a Flow, start to finish, on a fresh local org."),
)
