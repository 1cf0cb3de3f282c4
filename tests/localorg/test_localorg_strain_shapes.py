"""Odd requests: methods, targets, headers and hosts of every kind; SOAP in other encodings and forms; odd parts."""

from __future__ import annotations

import base64
import json
import logging
from typing import Any

import pytest
import requests

from sfsetup.localorg.embedded import Embedded
from tests.support.metadata_caller import NS, Fault, MetadataCaller, package, xml
from tests.support.server_process import error_of, read_answer

DATA = "/services/data/v66.0"
ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
SITE = {
    "remoteSiteSettings/A.remoteSite": xml(
        "RemoteSiteSetting",
        "<disableProtocolSecurity>false</disableProtocolSecurity><isActive>true</isActive><url>https://a.example</url>",
    )
}


@pytest.fixture
def caller(server: Embedded) -> MetadataCaller:
    return MetadataCaller(server.url, server.token)


def ask(server: Embedded, line: str, *headers: str, body: bytes = b"", host: str = "127.0.0.1") -> tuple[int, Any]:
    """Status, and the error code or the JSON of an answer to a request line."""
    import socket

    place = server.url.rpartition("//")[2].rpartition(":")
    sent = [f"{line} HTTP/1.1", f"Host: {host}", *headers]
    if not any(each.lower().startswith("authorization") for each in headers):
        sent.append(f"Authorization: Bearer {server.token}")
    if body:
        sent.append(f"Content-Length: {len(body)}")
    with socket.create_connection((place[0], int(place[2])), timeout=60) as client:
        client.sendall("\r\n".join((*sent, "", "")).encode("latin-1") + body)
        status, _, content = read_answer(client)
    return status, error_of(content) if status >= 400 else json.loads(content)


@pytest.fixture(autouse=True)
def _nothing_unexpected(caplog: pytest.LogCaptureFixture) -> Any:
    """No request is an unexpected one, and none gives advice about software that the user did not choose."""
    yield
    assert [record for record in caplog.get_records("call") if record.levelno >= logging.ERROR] == []
    assert "uvicorn[standard]" not in caplog.text


# -- methods and targets -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["OPTIONS", "TRACE", "PROPFIND", "FOO", "get", "CONNECT", "QUERY", "PUT"])
def test_methods_that_a_resource_does_not_have(server: Embedded, method: str) -> None:
    assert ask(server, f"{method} {DATA}/limits") == (405, "METHOD_NOT_ALLOWED")


@pytest.mark.parametrize("method", ["GET", "PUT", "OPTIONS", "PROPFIND"])
def test_soap_endpoints_answer_every_method_with_a_fault(server: Embedded, method: str) -> None:
    """zeep cannot read anything else (wire-protocols 4)."""
    assert ask(server, f"{method} /services/Soap/m/66.0") == (500, "sf:METHOD_NOT_ALLOWED")


def test_head_is_get_without_a_body(server: Embedded) -> None:
    headers = {"Authorization": f"Bearer {server.token}"}
    whole = requests.get(f"{server.url}{DATA}/limits", headers=headers, timeout=60)
    head = requests.head(f"{server.url}{DATA}/limits", headers=headers, timeout=60)
    assert (head.status_code, head.content, head.headers["Content-Length"]) == (200, b"", str(len(whole.content)))
    assert requests.head(f"{server.url}{DATA}/nothing", headers=headers, timeout=60).status_code == 404


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("http://127.0.0.1/services/data/v66.0/limits", 200),
        ("/services/data/v66.0/limits?a=b&a=c&&=&x", 200),
        ("/services/data/v66.0/limits/", 200),
        ("//services/data/v66.0/limits", 200),
        ("*", 404),
        ("http://127.0.0.1", 404),
        ("/services/data/v66.0/sobjects/User/%00", 404),
        ("/services/data/v66.0/sobjects/%2e%2e/%2e%2e/etc/passwd", 404),
        ("/services/data/v66.0/../v66.0/limits", 404),
        ("/services/data/v66.0/sobjects/User/%ff%fe", 404),
        ("/services/data/v66.0/limits%3Fa=b", 404),
        ("/services/data/v66.0/limits;jsessionid=1", 404),
        ("/services/data/v66.0/limits#part", 404),
        ("/services/data/v66/limits", 404),
        ("/services/data/v%D9%A6%D9%A6.0/limits", 404),
        ("/services/data/v-1.0/limits", 404),
        (f"/services/data/v{'9' * 400}.0/limits", 404),
        ("/services/data/v66.0/query?q=%00", 400),
        ("/services/data/v66.0/query?q=%ff", 400),
        ("/services/data/v66.0/query", 400),
        (f"/services/data/v66.0/query/{'9' * 300}", 400),
        (f"/services/data/v66.0/sobjects/User/{'0' * 3000}", 404),
        (f"/services/data/v66.0/metadata/deployRequest/{'0' * 5000}", 404),
        ("/services/data/v66.0/actions/custom/flow/%00", 404),
        ("/id/%00/%00", 404),
        ("/" + "a/" * 5000, 404),
    ],
    ids=lambda value: str(value)[:70],
)
def test_targets(server: Embedded, target: str, status: int) -> None:
    assert ask(server, f"GET {target}")[0] == status


def test_the_last_of_two_parameters_counts(server: Embedded) -> None:
    status, found = ask(server, f"GET {DATA}/query?q=nonsense&q=SELECT+Id+FROM+Organization")
    assert (status, found["totalSize"]) == (200, 1)


@pytest.mark.parametrize(
    ("size", "where", "status"),
    [
        (16_300, "target", 431),
        (16_400, "target", 414),
        (15_000, "target", 200),
        (16_400, "header", 431),
        (15_000, "header", 200),
    ],
)
def test_uris_and_headers_that_are_too_long(server: Embedded, size: int, where: str, status: int) -> None:
    """Documented: 16,384 bytes of both together, and of the URI alone."""
    line, more = f"GET {DATA}/limits", []
    if where == "target":
        line += "?a=" + "x" * (size - len(line) - 3)
    else:
        more = ["X-Long: " + "x" * size]
    assert ask(server, line, *more)[0] == status


@pytest.mark.parametrize(
    ("host", "status"),
    [("127.0.0.1", 200), ("localhost:1", 200), ("[::1]:80", 200), ("evil.example", 421), ("127.0.0.1.evil.example", 421),
     ("", 421), ("127.0.0.1@evil.example", 421), ("localhost:80:80", 421), ("\xff", 421)],
)  # fmt: skip
def test_hosts(server: Embedded, host: str, status: int) -> None:
    assert ask(server, f"GET {DATA}/limits", host=host)[0] == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (["Authorization: "], 401),
        (["Authorization: Bearer"], 401),
        (["Authorization: Bearer \xff\xfe"], 401),
        (["Authorization: Basic YTpi"], 401),
        (["Authorization: " + "Bearer " * 100], 401),
        (["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: x", "Sec-WebSocket-Version: 13"], 200),
        (["Upgrade: h2c", "Connection: Upgrade, HTTP2-Settings", "HTTP2-Settings: x"], 200),
        (["Range: bytes=0-5", "If-None-Match: *", "X-HTTP-Method-Override: DELETE"], 200),
        (["X-Forwarded-Host: evil.example", "X-Forwarded-Proto: https", "Forwarded: host=evil.example"], 200),
        (["Cookie: sid=" + "x" * 8000], 200),
        (["Accept: text/xml", "Accept-Encoding: *", "Accept-Charset: utf-16"], 200),
    ],
    ids=lambda value: str(value)[:60],
)
def test_headers(server: Embedded, headers: list[str], status: int) -> None:
    assert ask(server, f"GET {DATA}/limits", *headers)[0] == status


def test_what_a_proxy_would_say_is_not_believed(server: Embedded) -> None:
    forwarded = ["X-Forwarded-Host: evil.example", "X-Forwarded-Proto: https"]
    status, found = ask(server, f"GET {DATA}/", *forwarded)
    assert status == 200
    assert "evil.example" not in json.dumps(found)


# -- JSON and parts ----------------------------------------------------------------------------------------------------

COMPOSITE = {"compositeRequest": [{"method": "GET", "url": f"{DATA}/limits", "referenceId": "a"}]}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=nonsense", "Application/JSON ;x"])
def test_json_in_other_encodings(server: Embedded, encoding: str, kind: str) -> None:
    body = json.dumps(COMPOSITE).encode(encoding)
    status, found = ask(server, f"POST {DATA}/composite", f"Content-Type: {kind}", body=body)
    assert (status, found["compositeResponse"][0]["httpStatusCode"]) == (200, 200)


@pytest.mark.parametrize(
    "body",
    [b'{"compositeRequest":' + b"[" * 100_000, b"\x00", b"nul", b"\xff", b'{"a":' * 500 + b"1" + b"}" * 500, b"[1e999]",
     b'{"compositeRequest": ' + b"9" * 10_000 + b"}", b'"\\ud800"', b"NaN", b"[]]", b'{"a":1,"a":2}'],
    ids=lambda body: repr(body[:20]),
)  # fmt: skip
def test_json_that_is_none(server: Embedded, body: bytes) -> None:
    assert ask(server, f"POST {DATA}/composite", "Content-Type: application/json", body=body)[0] == 400


BOUNDARIES = ["b", "'", "a b", "x" * 70, "--", "----", "0", "a;b", "=", "(),./:=?", 'b\\"b']


def multipart(boundary: str, archive: bytes, *, options: bytes = b"{}", newline: bytes = b"\r\n") -> bytes:
    mark = b"--" + boundary.replace('\\"', '"').encode()
    lines = [b"preamble", mark, b'Content-Disposition: form-data; name="entity_content"', b"Content-Type: application/json",
             b"", options, mark, b'content-disposition: form-data; name=file; filename="a"', b"", archive, mark + b"--",
             b"epilogue"]  # fmt: skip
    return newline.join(lines[1:])


@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_odd_boundaries(server: Embedded, boundary: str) -> None:
    archive = package(SITE)
    kind = f'Content-Type: multipart/form-data; charset=utf-8; boundary="{boundary}"'
    status, found = ask(server, f"POST {DATA}/metadata/deployRequest", kind, body=multipart(boundary, archive))
    assert status == 201
    job = server.org.state.jobs.get(found["id"])
    assert job is not None
    assert job.payload == archive


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"--b\r\n"),
        ("multipart/form-data; boundary=", b"--\r\n"),
        ("multipart/form-data; boundary=" + "x" * 300, b"--" + b"x" * 300),
        ("multipart/form-data; boundary=b", b""),
        ("multipart/form-data; boundary=b", b"--b--\r\n"),
        ("multipart/form-data; boundary=b", b"--b\r\n\r\nno headers\r\n--b--\r\n"),
        ("multipart/form-data; boundary=b", b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n"),
        ("multipart/form-data; boundary=b", b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\nnever ended'),
        ("multipart/form-data; boundary=b", b"--b\r\n" + b"X-H: y\r\n" * 100 + b"\r\nx\r\n--b--\r\n"),
        ("multipart/form-data; boundary=b", b"--b\r\nX: " + b"y" * 100_000 + b"\r\n\r\nx\r\n--b--\r\n"),
        ("multipart/form-data; boundary=b",
         b'--b\r\nContent-Disposition: form-data; name="n"\r\n\r\nx\r\n' * 20 + b"--b--\r\n"),
        ("multipart/form-data; boundary=b; charset=nonsense", b"--b--\r\n"),
        ("multipart/mixed; boundary=b", b"--b--\r\n"),
        ("multipart/related; boundary=b", b"--b--\r\n"),
    ],
    ids=lambda value: repr(value)[:60],
)  # fmt: skip
def test_parts_that_are_none(server: Embedded, kind: str, body: bytes) -> None:
    status, code = ask(server, f"POST {DATA}/metadata/deployRequest", f"Content-Type: {kind}", body=body)
    assert (status, code) in {(400, "INVALID_MULTIPART_REQUEST"), (415, "UNSUPPORTED_MEDIA_TYPE")}
    assert server.org.state.jobs.of_kind("deploy") == []


OPTIONS = [b"", b"{", b"[]", b"null", b'"x"', b'{"deployOptions": []}', b'{"deployOptions": {"runTests": {"a": 1}}}',
           b'{"deployOptions": {"checkOnly": {}, "testLevel": []}}', b"\xff\xfe", b'{"deployOptions": {"testLevel": 7}}',
           b'{"deployOptions": {"runTests": [null, {}]}}', b'{"deployOptions": {"rollbackOnError": null}}']  # fmt: skip


@pytest.mark.parametrize("options", OPTIONS)
def test_odd_options(server: Embedded, options: bytes) -> None:
    kind = "Content-Type: multipart/form-data; boundary=b"
    status, _ = ask(
        server, f"POST {DATA}/metadata/deployRequest", kind, body=multipart("b", package(SITE), options=options)
    )
    assert status in (201, 400)


# -- SOAP --------------------------------------------------------------------------------------------------------------

ZIP = "<m:deploy><m:ZipFile>{zip}</m:ZipFile><m:DeployOptions><m:singlePackage>true</m:singlePackage></m:DeployOptions></m:deploy>"
WHOLE = (
    '<e:Envelope xmlns:e="{env}" xmlns:m="{ns}"><e:Header><m:SessionHeader><m:sessionId>{token}</m:sessionId>'
    "</m:SessionHeader></e:Header><e:Body>{body}</e:Body></e:Envelope>"
)


def envelope(caller: MetadataCaller, body: str = ZIP, archive: bytes | None = None, text: str = WHOLE) -> str:
    content = base64.b64encode(package(SITE) if archive is None else archive).decode()
    body = body.replace("{zip}", content)
    return text.format(env=ENVELOPE, ns=NS, token=caller.token, body=body)


def deployed(caller: MetadataCaller, data: bytes, **headers: str) -> str:
    (result,) = caller.results(caller.post(data, headers=headers))
    return caller.status(str(result.findtext(f"{{{NS}}}id"))).status


@pytest.mark.parametrize(
    ("encoding", "declared"),
    [("utf-8", "UTF-8"), ("utf-8", ""), ("utf-8-sig", ""), ("utf-8-sig", "utf-8"), ("utf-16", "UTF-16"), ("utf-16", ""),
     ("utf-16-le", "UTF-16LE"), ("utf-16-be", "UTF-16"), ("ascii", "US-ASCII"), ("latin-1", "ISO-8859-1"),
     ("cp1252", "windows-1252")],
)  # fmt: skip
def test_soap_in_other_encodings(caller: MetadataCaller, encoding: str, declared: str) -> None:
    text = envelope(caller)
    if declared:
        text = f'<?xml version="1.0" encoding="{declared}"?>{text}'
    assert deployed(caller, text.encode(encoding)) == "Succeeded"


def test_a_large_archive_in_utf_16(caller: MetadataCaller) -> None:
    """More than the XML reader takes for one text."""
    import random

    noise = random.Random(1).randbytes(8 * 1024 * 1024)
    meta = xml(
        "StaticResource", "<cacheControl>Private</cacheControl><contentType>application/octet-stream</contentType>"
    )
    archive = package({"staticresources/R.resource": noise, "staticresources/R.resource-meta.xml": meta})
    assert deployed(caller, envelope(caller, archive=archive).encode("utf-16")) == "Succeeded"


FORMS = {
    "CDATA": ZIP.replace("{zip}", "<![CDATA[{zip}]]>"),
    "xsi:type": ZIP.replace("<m:ZipFile>", '<m:ZipFile xmlns:i="urn:i" i:type="x">'),
    "no prefix": f'<deploy xmlns="{NS}"><ZipFile>{{zip}}</ZipFile></deploy>',
    "no namespace": "<deploy><ZipFile>{zip}</ZipFile></deploy>",
    "white space": ZIP.replace("{zip}", "\n\t {zip}\r\n "),
    "references to characters": ZIP.replace("{zip}", "&#10;{zip}&#x0a;"),
    "a comment before it": "<!-- <m:ZipFile>QUJD</m:ZipFile> -->" + ZIP,
    "a comment within": ZIP.replace("{zip}", "<!-- ? -->{zip}"),
    "an instruction before it": "<?x <ZipFile>QUJD</ZipFile> ?>" + ZIP,
    "a second operation": ZIP + "<m:describeMetadata/>",
    "options first": "<m:deploy><m:DeployOptions/><m:ZipFile>{zip}</m:ZipFile></m:deploy>",
}


@pytest.mark.parametrize("form", FORMS)
def test_soap_in_other_forms(caller: MetadataCaller, form: str) -> None:
    assert deployed(caller, envelope(caller, FORMS[form]).encode()) == "Succeeded"


def test_headers_after_the_body(caller: MetadataCaller) -> None:
    head, _, rest = WHOLE.partition("<e:Header>")
    header, _, body = rest.partition("</e:Header>")
    turned = f"{head}{body.replace('</e:Envelope>', '')}<e:Header>{header}</e:Header></e:Envelope>"
    assert deployed(caller, envelope(caller, text=turned).encode()) == "Succeeded"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("<!-- <m:ZipFile>{zip}</m:ZipFile> --><m:deploy/>", "sf:INVALID_OPERATION"),
        ("<m:deploy><m:other><m:ZipFile>{zip}</m:ZipFile></m:other></m:deploy>", "sf:INVALID_OPERATION"),
        ("<m:deploy><m:zipfile>{zip}</m:zipfile></m:deploy>", "sf:INVALID_OPERATION"),
        ("<m:deploy><m:ZipFile/></m:deploy>", "sf:INVALID_OPERATION"),
        ("<m:deploy><m:ZipFile> \n </m:ZipFile></m:deploy>", "sf:INVALID_OPERATION"),
        ("<m:deploy><m:ZipFile>{zip}é</m:ZipFile></m:deploy>", "soapenv:Client"),
        ("<m:deploy><m:ZipFile>{zip}=x</m:ZipFile></m:deploy>", "soapenv:Client"),
        ("<m:deploy><m:ZipFile>&undeclared;</m:ZipFile></m:deploy>", "soapenv:Client"),
        ("<m:deploy><m:ZipFile>{zip}", "soapenv:Client"),
        ("<m:deploy><u:ZipFile>{zip}</u:ZipFile></m:deploy>", "soapenv:Client"),
        ("text", "soapenv:Client"),
    ],
)  # fmt: skip
def test_archives_that_are_not_where_they_belong(caller: MetadataCaller, body: str, code: str) -> None:
    with pytest.raises(Fault) as caught:
        caller.results(caller.post(envelope(caller, body)))
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\xff\xfe", "soapenv:Client"),
        (b"\xff\xfe<", "soapenv:Client"),
        (b"\xfe\xff\xd8\x00\x00", "soapenv:Client"),
        (b"<\x00", "soapenv:Client"),
        ("<a/>".encode("utf-32"), "soapenv:Client"),
        (b'<?xml version="1.0" encoding="nonsense"?><a/>', "soapenv:Client"),
        (b'<?xml version="1.1"?><a/>', "soapenv:Client"),
        (b"\xef\xbb\xbf", "soapenv:Client"),
        (b"+ADw-a/+AD4-", "soapenv:Client"),
    ],
)
def test_encodings_that_are_none(caller: MetadataCaller, data: bytes, code: str) -> None:
    with pytest.raises(Fault) as caught:
        caller.results(caller.post(data))
    assert caught.value.code == code


@pytest.mark.parametrize("version", ["%D9%A6%D9%A6.0", "66", "66.0.0", "066.0", "6 6.0", "%00"])
def test_soap_versions_that_are_none(caller: MetadataCaller, version: str) -> None:
    with pytest.raises(Fault) as caught:
        caller.results(caller.post(caller.envelope("describeMetadata", ""), path=f"/services/Soap/m/{version}"))
    assert caught.value.code == "sf:UNSUPPORTED_API_VERSION"
