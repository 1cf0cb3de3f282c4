"""What lives while the server runs: callouts, token cache, the stand-in of the vendors and its listener."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sfsetup.localorg.callout import request_log
from sfsetup.localorg.callout.access import Kept
from sfsetup.localorg.callout.assertion import SigningKeys
from sfsetup.localorg.callout.oauth import ACCESS_TOKEN, REFRESH_TOKEN, TokenCache
from sfsetup.localorg.callout.run import Callouts, Rules
from sfsetup.localorg.callout.transport import Transport
from sfsetup.localorg.callout.values import Incoming, Outgoing, Principal
from sfsetup.localorg.flow.values import FlowFault
from sfsetup.localorg.services import services_of
from sfsetup.localorg.vendor.listener import Listener
from sfsetup.localorg.vendor.settings import VendorSettings
from sfsetup.localorg.vendor.stand_in import Directory, StandIn, Vendor

if TYPE_CHECKING:
    from sfsetup.localorg.org import LocalOrg

_KEY = "runtime"
_making = threading.Lock()


def runtime_of(org: LocalOrg) -> Runtime:
    """The one runtime of an org; made when first asked for, closed with the org."""
    with _making:
        found = org.live.get(_KEY)
        if found is None:
            found = org.live[_KEY] = Runtime(org)
            org.on_close.append(found.close)
        assert isinstance(found, Runtime)
        return found


class Runtime:
    """Joins services, callouts and stand-in of one org."""

    def __init__(self, org: LocalOrg) -> None:
        self._org = org
        self._lock = threading.Lock()
        self._listener: Listener | None = None
        self._vendors: dict[str, tuple[object, Vendor]] = {}
        self.services = services_of(org.state)
        self.tokens = TokenCache()
        self.keys = SigningKeys()
        self.settings = VendorSettings(org.state.documents)
        self.stand_in = StandIn(self._directory, self.settings, now=org.state.clock.now)
        self.transport = Transport(self._port, lambda: org.callouts, latency=lambda: self.settings.latency)

    def callouts(self) -> Callouts:
        """Callouts under the switches as they stand now."""
        switches = self._org.state.switches
        return Callouts(
            setup=self.services,
            stored=self._stored_for,
            wire=self,
            tokens=self.tokens,
            keys=self.keys,
            renew=self._renewed,
            classes=self.services.class_shape,
            now=self._org.state.clock.now,
            rules=Rules(
                http_error_takes_fault_path=switches.on("http-error-takes-fault-path"),
                header_box_hides_custom=switches.on("header-box-hides-custom"),
                embedded_merge_evaluated=switches.on("embedded-merge-evaluated"),
                oauth_needs_modify_all=switches.on("oauth-needs-modify-all"),
            ),
        )

    def sign_in(self, user_id: str, external_credential: str, principal: Principal) -> None:
        """Stores the tokens that the provider, which is the stand-in, gives after a log-in in a browser."""
        self._keep(
            user_id,
            external_credential,
            principal,
            {ACCESS_TOKEN: self.stand_in.tokens.issue(), REFRESH_TOKEN: secrets.token_urlsafe(32)},
        )

    def refresh(self, user_id: str, external_credential: str, principal: Principal) -> None:
        """Fetches a new token for a principal. Raises FlowFault."""
        self.callouts().refresh(external_credential, principal, user_id)

    def send(self, request: Outgoing, /, **context: Any) -> Incoming:
        """Sends and logs; a request without an answer is in the log too."""
        documents = self._org.state.documents
        context = {"at": datetime.now(UTC).isoformat(timespec="milliseconds"), **context}
        try:
            came = self.transport.send(request)
        except FlowFault as fault:
            request_log.write(documents, request_log.entry(request, None, problem=fault.message, context=context))
            raise
        request_log.write(documents, request_log.entry(request, came, context=context))
        return came

    def close(self) -> None:
        """Stops the listener."""
        with self._lock:
            if self._listener is not None:
                self._listener.close()
                self._listener = None

    def _port(self) -> int:
        with self._lock:
            if self._listener is None:
                self._listener = Listener(self.stand_in.answer)
            return self._listener.port

    def _renewed(self, user_id: str, external_credential: str, principal: Principal) -> str:
        token = self.stand_in.tokens.issue()
        self._keep(user_id, external_credential, principal, {ACCESS_TOKEN: token})
        return token

    def _keep(self, user_id: str, external_credential: str, principal: Principal, values: Mapping[str, str]) -> None:
        self._org.state.credentials.write(
            external_credential,
            principal.name,
            {name: (value, True) for name, value in values.items()},
            principal_type=principal.kind,
            user_id=user_id if principal.kind == "PerUserPrincipal" else "",
            replace=False,
        )

    def _stored_for(self, user_id: str) -> Any:
        credentials = self._org.state.credentials

        def stored(credential: str, principal: Principal) -> Kept:
            whose = user_id if principal.kind == "PerUserPrincipal" else ""
            found = credentials.get(credential, principal.name, principal.kind, whose)
            parameters = found.parameters.values() if found else ()
            return Kept(
                {each.name: each.value for each in parameters},
                tuple(each.value for each in parameters if each.encrypted),
            )

        return stored

    def _directory(self, host: str) -> Directory:
        """The registered services whose Named Credential is at this host, and its token endpoints."""
        vendors = []
        endpoints = [urlsplit(url) for url in self.services.token_urls()]
        for service in self.services.all():
            endpoint = self.services.endpoint(service.named_credential or "")
            if endpoint is None or urlsplit(endpoint.url).netloc.lower() != host.lower() or service.document is None:
                continue
            credential = self.services.credential(endpoint.credential) if endpoint.credential else None
            uses_tokens = credential is not None and credential.gets_tokens
            prefix = urlsplit(endpoint.url).path.rstrip("/")
            vendors.append(self._vendor(service.name, service.document, uses_tokens, prefix))
        paths = frozenset(found.path or "/" for found in endpoints if found.netloc.lower() == host.lower())
        return Directory(vendors, paths)

    def _vendor(self, name: str, document: Any, uses_tokens: bool, prefix: str) -> Vendor:
        """Cached as long as the document and what belongs to it stay the same."""
        key = (id(document), uses_tokens, prefix)
        with self._lock:
            found = self._vendors.get(name)
            if found is None or found[0] != key:
                found = (key, Vendor(name, document, uses_tokens=uses_tokens, prefix=prefix))
                self._vendors[name] = found
            return found[1]
