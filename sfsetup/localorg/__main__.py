"""The background process of a local org: `python -m sfsetup.localorg --name NAME …` (started by `server.start`)."""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import secrets
import signal
import sys
from collections.abc import Callable, Iterator

from sfsetup import store
from sfsetup.errors import SfsetupError, UsageError
from sfsetup.localorg import places
from sfsetup.localorg.org import LocalOrg


def main() -> int:
    """Serves until it is told to end. Errors go to standard error, the last line being the reason."""
    parser = argparse.ArgumentParser(prog="sfsetup.localorg")
    parser.add_argument("--name", default="default")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--type")
    parser.add_argument("--my-domain")
    parser.add_argument("--org-id")
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--callouts", action="append", default=[])
    options = parser.parse_args()
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        serve(
            options.name,
            port=options.port,
            org_type=options.type,
            my_domain=options.my_domain,
            org_id=options.org_id,
            tls=options.tls,
            callouts=tuple(options.callouts),
        )
    except SfsetupError as error:
        sys.stderr.write(f"{error}\n")
        return int(error.exit_code)
    except OSError as error:
        sys.stderr.write(f"The state folder cannot be used: {error.strerror} ({error.filename})\n")
        return int(UsageError.exit_code)
    return 0


def serve(
    name: str,
    *,
    port: int = 0,
    org_type: str | None = None,
    my_domain: str | None = None,
    org_id: str | None = None,
    tls: bool = False,
    callouts: tuple[str, ...] = (),
    on_ready: Callable[[], None] = lambda: None,
) -> None:
    """Serves one org in this thread until SIGTERM or SIGINT; `on_ready` is called when clients may come."""
    from sfsetup.localorg.embedded import listen, make_server

    place = places.folder(name)
    with store.locked(place / "lock"):
        state = places.open_state(name, org_type=org_type, my_domain=my_domain, org_id=org_id)
        listener = listen(port)
        scheme = "https" if tls else "http"
        org = LocalOrg(state, callouts=callouts)
        org.base_url = f"{scheme}://127.0.0.1:{listener.getsockname()[1]}"
        org.mark = secrets.token_hex(8)
        record = {"pid": os.getpid(), "url": org.base_url, "mark": org.mark}
        try:
            if tls:
                from sfsetup.localorg.tls import certificates

                found = certificates(place)
                server = make_server(org, certificate=found.certificate, key=found.key)
                record["ca_file"] = str(found.authority)
            else:
                server = make_server(org)
            places.write_record(place, record)
            on_ready()
            with _ending_quietly():
                server.run(sockets=[listener])
        finally:
            places.forget_record(place)
            listener.close()
            org.close()


@contextlib.contextmanager
def _ending_quietly() -> Iterator[None]:
    """uvicorn raises the signal that ended it once more; here that is how a server normally ends."""
    kept = {number: signal.signal(number, lambda *_: None) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)


if __name__ == "__main__":
    raise SystemExit(main())
