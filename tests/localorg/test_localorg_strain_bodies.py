"""Bodies of 100 MB, bombs and lies about lengths, sent to a server process: its answer, its memory, and that it lives."""

from __future__ import annotations

import gzip
import json
import random
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from sfsetup.localorg.http import Access
from sfsetup.localorg.routes import ROUTES
from tests.support.metadata_caller import as_zip, manifest, xml
from tests.support.server_process import MEGABYTE, ServerProcess, error_of

SIZE = 100 * MEGABYTE
NOTHING = bytes(SIZE)
JSON = {"Content-Type": "application/json"}
BOUND = 400
"""Megabytes that the process may take at most: the largest body that a route takes is 50 MB."""


@pytest.fixture(scope="module")
def strained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with ServerProcess(tmp_path_factory.mktemp("bodies")) as server:
        yield server


@pytest.fixture(autouse=True)
def _within_bounds(strained: ServerProcess) -> Iterator[None]:
    """Whatever a test sends: the server stays small and answers right afterwards."""
    strained.forget_peak()
    yield
    peak = strained.memory("VmHWM")
    assert strained.answers()
    assert peak < BOUND
    assert "Traceback" not in strained.log_text


def chunks(count: int = 100) -> Iterator[bytes]:
    piece = bytes(MEGABYTE)
    return (piece for _ in range(count))


def data_url(server: ServerProcess, path: str) -> str:
    return f"{server.url}/services/data/v66.0/{path}"


def send(server: ServerProcess, url: str, body: Any, method: str = "POST", **headers: str) -> tuple[int, str]:
    """Status and error code of an answer."""
    sent = {**server.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
    answer = requests.request(method, url, data=body, headers=sent, timeout=120)
    return answer.status_code, error_of(answer.content)


@pytest.mark.parametrize("chunked", [False, True], ids=["with a length", "chunked"])
def test_a_soap_body_of_100_mb(strained: ServerProcess, chunked: bool) -> None:
    body = chunks() if chunked else NOTHING
    found = send(strained, f"{strained.url}/services/Soap/m/66.0", body, Content_Type="text/xml")
    assert found == (500, "sf:LIMIT_EXCEEDED")


@pytest.mark.parametrize("chunked", [False, True], ids=["with a length", "chunked"])
def test_a_json_body_of_100_mb(strained: ServerProcess, chunked: bool) -> None:
    found = send(strained, data_url(strained, "composite"), chunks() if chunked else NOTHING, **JSON)
    assert found == (413, "REQUEST_ENTITY_TOO_LARGE")


@pytest.mark.slow
def test_a_multipart_body_of_100_mb(strained: ServerProcess) -> None:
    head = (
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.zip"\r\nContent-Type: application/zip\r\n\r\n'
    )
    url = data_url(strained, "metadata/deployRequest")
    kind = "multipart/form-data; boundary=b"
    whole = b"".join((head, NOTHING, b"\r\n--b--\r\n"))
    assert send(strained, url, whole, Content_Type=kind) == (413, "REQUEST_ENTITY_TOO_LARGE")

    def in_chunks() -> Iterator[bytes]:
        yield head
        yield from chunks()
        yield b"\r\n--b--\r\n"

    assert send(strained, url, in_chunks(), Content_Type=kind) == (413, "REQUEST_ENTITY_TOO_LARGE")


def expected_of(row: Any, method: str) -> set[tuple[int, str]]:
    if row.path.startswith("/services/Soap"):
        return {(500, "sf:LIMIT_EXCEEDED")}
    return {(413, "REQUEST_ENTITY_TOO_LARGE")}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "method"),
    [(row.path, method) for row in ROUTES for method in row.methods if method != "GET"],
)
def test_100_mb_at_every_endpoint_that_takes_a_body(strained: ServerProcess, path: str, method: str) -> None:
    row = next(each for each in ROUTES if each.path == path)
    address = path.replace("{version}", "66.0").replace("{rest:path}", "x").replace("{topic}", "users")
    for name in ("name", "id", "sobject", "locator", "org", "user"):
        address = address.replace(f"{{{name}}}", "x")
    kind = "text/xml" if row.access is Access.OPEN and "Soap" in path else "application/json"
    found = send(strained, f"{strained.url}{address}", NOTHING, method, Content_Type=kind)
    assert found in expected_of(row, method)


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/services/data/v66.0/nothing", 404, "NOT_FOUND"),
        pytest.param("/services/data/v66.0/limits", 405, "METHOD_NOT_ALLOWED", marks=pytest.mark.slow),
        pytest.param("/services/Soap/x/66.0", 500, "sf:UNKNOWN_EXCEPTION", marks=pytest.mark.slow),
        pytest.param("/", 404, "NOT_FOUND", marks=pytest.mark.slow),
    ],
)
def test_100_mb_where_nothing_is_taken(strained: ServerProcess, path: str, status: int, code: str) -> None:
    assert send(strained, f"{strained.url}{path}", NOTHING, **JSON) == (status, code)


# -- what is small on the wire -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("packing", ["gzip", pytest.param("deflate", marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("services/Soap/m/66.0", (500, "sf:LIMIT_EXCEEDED")),
        ("services/data/v66.0/composite", (413, "REQUEST_ENTITY_TOO_LARGE")),
        ("services/data/v66.0/metadata/deployRequest", (413, "REQUEST_ENTITY_TOO_LARGE")),
    ],
)
def test_a_bomb_of_100_mb(strained: ServerProcess, packing: str, path: str, expected: tuple[int, str]) -> None:
    bomb = gzip.compress(NOTHING, 1) if packing == "gzip" else zlib.compress(NOTHING, 1)
    assert len(bomb) < MEGABYTE
    assert send(strained, f"{strained.url}/{path}", bomb, Content_Encoding=packing, **JSON) == expected


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [("gzip", gzip.compress), ("GZIP", gzip.compress), ("deflate", zlib.compress), ("deflate", raw_deflate),
     ("identity", bytes)],
)  # fmt: skip
def test_packed_bodies_are_read(strained: ServerProcess, encoding: str, pack: Any) -> None:
    request = {"compositeRequest": [{"method": "GET", "url": "/services/data/v66.0/limits", "referenceId": "a"}]}
    headers = {**strained.headers, **JSON, "Content-Encoding": encoding}
    body = pack(json.dumps(request).encode())
    answer = requests.post(data_url(strained, "composite"), data=body, headers=headers, timeout=60)
    assert (answer.status_code, answer.json()["compositeResponse"][0]["httpStatusCode"]) == (200, 200)
    text = strained.caller.envelope("describeMetadata", "")
    url = f"{strained.url}/services/Soap/m/66.0"
    answer = requests.post(url, data=pack(text.encode()), headers={"Content-Encoding": encoding}, timeout=60)
    assert answer.status_code == 200
    assert b"partialSaveAllowed" in answer.content


@pytest.mark.parametrize(
    ("encoding", "body", "status", "code"),
    [
        ("gzip", b"{}", 400, "BAD_REQUEST"),
        ("gzip", gzip.compress(b'{"compositeRequest": []}')[:-9], 400, "BAD_REQUEST"),
        ("gzip", gzip.compress(b"{}") + gzip.compress(b"{}"), 400, "BAD_REQUEST"),
        ("gzip", gzip.compress(b"{}") + NOTHING, 400, "BAD_REQUEST"),
        ("deflate", zlib.compress(b"{}") + b" ", 400, "BAD_REQUEST"),
        ("deflate", b"\xff\xff\xff", 400, "BAD_REQUEST"),
        ("br", b"{}", 415, "UNSUPPORTED_MEDIA_TYPE"),
        ("gzip, gzip", gzip.compress(gzip.compress(b"{}")), 415, "UNSUPPORTED_MEDIA_TYPE"),
    ],
    ids=["plain", "cut", "twice", "more behind", "deflate and more", "no deflate", "unknown", "nested"],
)
def test_packing_that_cannot_be_undone(
    strained: ServerProcess, encoding: str, body: bytes, status: int, code: str
) -> None:
    assert send(strained, data_url(strained, "composite"), body, Content_Encoding=encoding, **JSON) == (status, code)


def test_json_of_very_many_values(strained: ServerProcess) -> None:
    """16 MB of empty maps would be half a gigabyte of objects."""
    body = b"[" + b"{}," * (5 * MEGABYTE) + b"{}]"
    assert send(strained, data_url(strained, "composite"), body, **JSON) == (400, "JSON_PARSER_ERROR")


@pytest.mark.slow
def test_soap_of_very_many_elements(strained: ServerProcess) -> None:
    """50 MB of empty elements would be two gigabytes of tree."""
    body = strained.caller.envelope("listMetadata", "<a/>" * (12 * MEGABYTE))
    found = send(strained, f"{strained.url}/services/Soap/m/66.0", body, Content_Type="text/xml")
    assert found == (500, "soapenv:Client")


# -- what a route takes ------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_many_of_the_largest_bodies_at_once_are_taken_one_by_one(strained: ServerProcess) -> None:
    """Six times 49 MB: six jobs, and the memory of one."""
    from concurrent.futures import ThreadPoolExecutor

    head, _, tail = strained.caller.envelope("deploy", "<met:ZipFile>#</met:ZipFile>").encode().partition(b"#")
    body = b"".join((head, b"A" * (49 * MEGABYTE), tail))
    url = f"{strained.url}/services/Soap/m/66.0"

    def work(_number: int) -> int:
        return requests.post(url, data=body, headers={"Content-Type": "text/xml"}, timeout=170).status_code

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(work, range(6))) == [200] * 6


@pytest.mark.slow
def test_a_deploy_of_the_largest_size_goes_through_either_door(strained: ServerProcess) -> None:
    """What is no zip is told by the job, as of every other job."""
    job = strained.caller.start(bytes(36 * MEGABYTE))
    assert strained.caller.status(job).status == "Failed"
    files = {"file": ("a.zip", bytes(49 * MEGABYTE), "application/zip")}
    url = data_url(strained, "metadata/deployRequest")
    answer = requests.post(url, files=files, headers=strained.headers, timeout=60)
    assert answer.status_code == 201
    done = requests.get(f"{url}/{answer.json()['id']}", headers=strained.headers, timeout=60).json()
    assert done["deployResult"]["status"] == "Failed"


@pytest.mark.slow
def test_a_deploy_that_unpacks_to_hundreds_of_megabytes(strained: ServerProcess) -> None:
    """As much memory as its files, and not several times as much."""
    meta = xml(
        "StaticResource", "<cacheControl>Private</cacheControl><contentType>application/octet-stream</contentType>"
    )
    chance, count = random.Random(1), 2000
    files: dict[str, bytes | str] = {}
    for number in range(count):
        files[f"staticresources/R{number}.resource"] = chance.randbytes(6400) * 16
        files[f"staticresources/R{number}.resource-meta.xml"] = meta
    done = strained.caller.deploy(files)
    assert (done.status, done.counts) == ("Succeeded", (0, count, count))


# -- lengths that lie --------------------------------------------------------------------------------------------------


def post(server: ServerProcess, length: str, body: bytes, more: str = "") -> bytes:
    head = (
        f"POST /services/data/v66.0/metadata/deployRequest HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {length}\r\n"
    )
    head += f"Authorization: Bearer {server.token}\r\nContent-Type: multipart/form-data; boundary=b\r\n{more}\r\n"
    return head.encode() + body


DEPLOY = (
    b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.zip"\r\nContent-Type: application/zip\r\n\r\n'
    + as_zip({"package.xml": manifest({})})
    + b"\r\n--b--\r\n"
)


def test_a_body_that_ends_before_its_length_queues_nothing(strained: ServerProcess) -> None:
    before = jobs_of(strained)
    with strained.connect() as client:
        client.sendall(post(strained, str(len(DEPLOY) + 1), DEPLOY))
        assert strained.answers()
    assert strained.answers()
    assert jobs_of(strained) == before
    status, _, _ = strained.raw(post(strained, str(len(DEPLOY)), DEPLOY))
    assert (status, jobs_of(strained)) == (201, before + 1)


def jobs_of(server: ServerProcess) -> int:
    query = {"q": "SELECT Id FROM DeployRequest"}
    answer = requests.get(data_url(server, "tooling/query"), params=query, headers=server.headers, timeout=60)
    return int(answer.json()["totalSize"])


@pytest.mark.parametrize("length", ["-1", "x", "", "1, 2", "0x10", "+5", "9" * 40])
def test_lengths_that_are_none(strained: ServerProcess, length: str) -> None:
    status, headers, body = strained.raw(post(strained, length, b""))
    assert (status, error_of(body)) == (400, "BAD_REQUEST")
    assert headers["connection"] == "close"


def test_two_lengths(strained: ServerProcess) -> None:
    status, _, body = strained.raw(post(strained, "5", b"abcde", more="Content-Length: 6\r\n"))
    assert (status, error_of(body)) == (400, "BAD_REQUEST")


def test_more_than_the_length_is_no_second_deploy(strained: ServerProcess) -> None:
    """What follows the body is the next request, and this is none."""
    before = jobs_of(strained)
    with strained.connect() as client:
        client.sendall(post(strained, str(len(DEPLOY)), DEPLOY + DEPLOY))
        answers = b""
        while piece := client.recv(65536):
            answers += piece
    assert answers.count(b"HTTP/1.1 201") == 1
    assert answers.count(b"HTTP/1.1 400") == 1
    assert jobs_of(strained) == before + 1


def test_a_client_that_asks_before_it_sends_is_refused_at_once(strained: ServerProcess) -> None:
    """curl sends `Expect: 100-continue` with large bodies: 100 MB never go over the wire."""
    status, _, body = strained.raw(post(strained, str(SIZE), b"", more="Expect: 100-continue\r\n"))
    assert (status, error_of(body)) == (413, "REQUEST_ENTITY_TOO_LARGE")
