"""How fast the local org takes a thousand components, against reading and parsing them; and how fast it is there."""

from __future__ import annotations

import gc
import os
import re
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from benchmarks.timing import Row, python, side_by_side

COMPONENTS = 1000
INTEGRATIONS = COMPONENTS // 4
_NAMES = re.compile("X8x8_CPaaS_Authentication|X8x8_SMS_API|CPaaSSMS|CPaaS_API_Access")
_FLOW = re.compile(r"\bflows/Send_SMS\b")
_SPEC = Path(__file__).resolve().parents[1] / "specs" / "8x8-sms"


def run() -> list[Row]:
    """CPU seconds inside this process, each deploy into an org of its own. The limit is three times the floor.

    Two floors are shown, since "reading" can mean either: what libxml2 and the document's parser take, and that with
    the facts of each component, which is as little as anybody needs who wants to know what the files say.
    """
    from sfsetup.metadata.layout import mdapi_tree
    from sfsetup.render.components import render
    from sfsetup.spec.reader import load_integration

    components = render(*load_integration(_SPEC))
    first, second = mdapi_tree(components.of_stage(1)), mdapi_tree(components.of_stage(2))
    rows = []
    for name, files, before in (
        ("named credentials", _many(_only(first, "namedCredentials/"), COMPONENTS), {}),
        ("whole integrations, without flows", _many(first, INTEGRATIONS), {}),
        ("flows of these", _many(_only(second, "flows/"), COMPONENTS, INTEGRATIONS), _many(first, INTEGRATIONS)),
    ):
        archive, needed = _zip(files), _zip(before) if before else b""
        title = f"deploy of {len(files):,} components: {name}"
        for reading, limit in ((_parse, "3 x zip, XML and document"), (_read, "3 x the same and their facts")):
            ours, floor = side_by_side(partial(_deploy, archive, needed), partial(reading, archive), runs=3)
            rows.append(Row(title, ours, floor, limit))
    rows.append(_start())
    return rows


def _only(files: Mapping[str, bytes], folder: str) -> dict[str, bytes]:
    return {path: data for path, data in files.items() if path.startswith(folder)}


def _many(files: Mapping[str, bytes], count: int, services: int = COMPONENTS) -> dict[str, bytes]:
    """The same components under so many names, of so many integrations."""
    found = {}
    for number in range(count):
        turn = number % services
        for path, data in files.items():
            if path != "package.xml":
                renamed = _FLOW.sub(rf"\g<0>{number}", _NAMES.sub(rf"\g<0>{turn}", path))
                text = _NAMES.sub(rf"\g<0>{turn}", data.decode())
                # each document is one of its own: what is remembered of a text shall not help
                found[renamed] = text.replace("&quot;8x8 SMS&quot;", f"&quot;8x8 SMS {turn}&quot;").encode()
    return found


def _zip(files: Mapping[str, bytes]) -> bytes:
    from sfsetup.metadata.package import write_package_xml
    from sfsetup.metadata.types import type_of_file
    from sfsetup.text.archive import write_zip

    members: dict[str, list[str]] = {}
    for path in files:
        found = type_of_file(path)
        assert found is not None
        members.setdefault(found[0].name, []).append(found[1])
    return write_zip({"package.xml": write_package_xml(members, "66.0"), **files})


def _measured(work: Callable[[], object]) -> float:
    gc.collect()
    began = time.process_time()
    work()
    return time.process_time() - began


def _parse(archive: bytes) -> float:
    """Unzipping, the XML of every file, and the document that a registration holds."""
    from sfsetup.text.archive import read_zip
    from sfsetup.text.documents import read_document
    from sfsetup.text.xml import METADATA_NS, parse_xml

    def work() -> None:
        kept = []
        for data in read_zip(archive).values():
            root = parse_xml(data)
            schema = root.findtext(f"{{{METADATA_NS}}}schema")
            kept.append((root, read_document(schema.encode(), name="schema") if schema else None))

    return _measured(work)


def _read(archive: bytes) -> float:
    """As `_parse`, and the facts of every component."""
    from sfsetup.facts.reader import read_fact
    from sfsetup.metadata.types import type_of_file
    from sfsetup.text.archive import read_zip
    from sfsetup.text.documents import read_document

    def work() -> None:
        kept = []
        for path, data in read_zip(archive).items():
            found = type_of_file(path)
            if found is not None:
                fact = read_fact(data, found[0].name, found[1], file=path)
                schema = getattr(fact, "schema", None)
                kept.append((fact, read_document(schema.encode(), name="schema") if schema else None))

    return _measured(work)


def _deploy(archive: bytes, needed: bytes) -> float:
    from sfsetup.localorg import jobs
    from sfsetup.localorg.deploy.options import DeployOptions
    from sfsetup.localorg.org import LocalOrg
    from sfsetup.localorg.state import State

    state = State.open(None)
    for switch in ("missing-external-credential-refused", "missing-named-credential-refused"):
        state.switches.set(switch, False)
    org = LocalOrg(state)

    def work(data: bytes = archive) -> None:
        job = jobs.queue_deploy(org, state.admin_id, data, DeployOptions())
        jobs.run_due(org)
        ended = state.jobs.get(job.id)
        assert ended is not None
        assert ended.status == "Succeeded", [m for m in ended.result["messages"] if not m["success"]][:3]

    try:
        if needed:
            work(needed)
        return _measured(work)
    finally:
        org.close()


def _start() -> Row:
    """Wall time from starting the process to the first answer; the best of five, the machine has other work too."""
    best = min(_ready() for _ in range(5))
    return Row("local org ready", 0.0, 0.0, "", f"{best:.3f} s after its start (limit 0.5 s)")


def _ready() -> float:
    with socket.socket() as free, tempfile.TemporaryDirectory(prefix="sfsetup-bench-") as home:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        began = time.monotonic()
        command = python("-m", "sfsetup.localorg", "--name", "bench", "--port", str(port))
        process = subprocess.Popen(command, env={**os.environ, "SFSETUP_HOME": home}, stdout=subprocess.DEVNULL)
        try:
            while not _answers(port):
                time.sleep(0.005)
            return time.monotonic() - began
        finally:
            process.terminate()
            process.wait(15)


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.sendall(b"GET /services/data HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            return connection.recv(12).startswith(b"HTTP/1.1 200")
    except OSError:
        return False
