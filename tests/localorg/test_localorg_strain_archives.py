"""Odd zips: what other tools write is taken, what could do harm is refused in a sentence, and nothing of it is stored."""

from __future__ import annotations

import io
import random
import stat
import struct
import zipfile
from collections.abc import Callable, Iterator

import pytest

from sfsetup.localorg.embedded import Embedded
from tests.support.metadata_caller import MetadataCaller, as_zip, manifest, xml

SITE = xml(
    "RemoteSiteSetting",
    "<disableProtocolSecurity>false</disableProtocolSecurity><isActive>true</isActive><url>https://a.example</url>",
)
PATH = "remoteSiteSettings/A.remoteSite"
PACKAGE = manifest({"RemoteSiteSetting": ["A"]})


@pytest.fixture
def caller(server: Embedded) -> MetadataCaller:
    return MetadataCaller(server.url, server.token)


def made(*entries: tuple[str | zipfile.ZipInfo, str | bytes], packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", packing) as archive:
        for info, content in entries:
            archive.writestr(info, content)
    return buffer.getvalue()


def with_mode(name: str, kind: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = (kind | 0o777) << 16
    return info


GOOD = made(("package.xml", PACKAGE), (PATH, SITE))


def zip64() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (("package.xml", PACKAGE), (PATH, SITE)):
            with archive.open(name, "w", force_zip64=True) as entry:
                entry.write(content.encode())
    return buffer.getvalue()


def streamed() -> bytes:
    """Sizes after the content, as tools write that cannot go back."""

    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.data = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, data: object) -> int:
            self.data += bytes(data)  # type: ignore[call-overload]
            return len(bytes(data))  # type: ignore[call-overload]

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("package.xml", PACKAGE)
        archive.writestr(PATH, SITE)
    return bytes(pipe.data)


def commented() -> bytes:
    buffer = io.BytesIO(GOOD)
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.comment = b"a comment " * 100
    return buffer.getvalue()


def in_headers(local: int, central: int) -> Iterator[tuple[bytearray, int]]:
    """The archive, and the place of a field in every header of a file and of the directory."""
    data = bytearray(GOOD)
    for mark, offset in ((b"PK\x03\x04", local), (b"PK\x01\x02", central)):
        start = 0
        while (start := data.find(mark, start)) >= 0:
            yield data, start + offset
            start += 4


def lying(size: int) -> bytes:
    """Sizes in the headers that are not those of the content."""
    changed = bytearray()
    for changed, place in in_headers(22, 24):
        changed[place : place + 4] = struct.pack("<I", size)
    return bytes(changed)


TAKEN: dict[str, Callable[[], bytes]] = {
    "plain": lambda: GOOD,
    "stored": lambda: made(("package.xml", PACKAGE), (PATH, SITE), packing=zipfile.ZIP_STORED),
    "zip64": zip64,
    "streamed": streamed,
    "with a comment": commented,
    "behind a program": lambda: b"#!/bin/sh\nexit 1\n" * 50 + GOOD,
    "entries of folders": lambda: made(("remoteSiteSettings/", ""), ("package.xml", PACKAGE), (PATH, SITE)),
    "in one folder": lambda: made(("src/", ""), ("src/package.xml", PACKAGE), (f"src/{PATH}", SITE)),
    "from Unix": lambda: made((with_mode("package.xml", stat.S_IFREG), PACKAGE), (with_mode(PATH, stat.S_IFREG), SITE)),
    "sizes of gigabytes": lambda: lying(0xFFFFFFF0),
    "the package last": lambda: made((PATH, SITE), ("package.xml", PACKAGE)),
}


@pytest.mark.parametrize("kind", TAKEN)
def test_what_other_tools_write_is_taken(caller: MetadataCaller, kind: str) -> None:
    done = caller.status(caller.start(TAKEN[kind]()))
    assert (done.status, done.counts) == ("Succeeded", (0, 1, 1)), done.raw
    assert [each["fullName"] for each in caller.list("RemoteSiteSetting")] == ["A"]


# -- what is refused ---------------------------------------------------------------------------------------------------


def twice() -> bytes:
    with pytest.warns(UserWarning, match="Duplicate name"):
        return made(("package.xml", PACKAGE), (PATH, SITE), (PATH, SITE.replace("a.example", "b.example")))


def patched(data: bytes, find: bytes, put: bytes) -> bytes:
    assert len(find) == len(put)
    assert find in data
    return data.replace(find, put)


def encrypted() -> bytes:
    """The bit of encryption in both headers."""
    changed = bytearray()
    for changed, place in in_headers(6, 8):
        changed[place] |= 1
    return bytes(changed)


def packed_as(method: int) -> bytes:
    changed = bytearray()
    for changed, place in in_headers(8, 10):
        changed[place : place + 2] = struct.pack("<H", method)
    return bytes(changed)


def overlapping() -> bytes:
    """Two entries of the directory that share one content: thousands of such make a bomb without nesting."""
    data = GOOD
    end = data.rfind(b"PK\x05\x06")
    count, size, start = struct.unpack("<HII", data[end + 10 : end + 20])
    directory = data[start : start + size]
    last = directory[directory.rfind(b"PK\x01\x02") :]
    more = b"".join(last.replace(b"A.remoteSite", f"{n:01x}.remoteSite".encode()) for n in range(9))
    tail = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, count + 9, count + 9, size + len(more), start, 0)
    return data[: start + size] + more + tail


BAD_NAMES = {
    "slip": "../../etc/passwd",
    "slip within": "remoteSiteSettings/../../x",
    "absolute": "/etc/passwd",
    "a drive": "C:/x",
    "a share": "//server/share",
    "backslashes": "remoteSiteSettings\\..\\x",
    "NUL": "remoteSiteSettings/A\x01.remoteSite",
    "nothing": "remoteSiteSettings//A.remoteSite",
    "a dot": "./package.xml",
}
REFUSED: dict[str, Callable[[], bytes]] = {
    "two of one name": twice,
    "encrypted": encrypted,
    "a link": lambda: made(("package.xml", PACKAGE), (with_mode(PATH, stat.S_IFLNK), "/etc/passwd")),
    "a device": lambda: made(("package.xml", PACKAGE), (with_mode(PATH, stat.S_IFCHR), "")),
    "a socket": lambda: made(("package.xml", PACKAGE), (with_mode(PATH, stat.S_IFSOCK), "")),
    "bzip2": lambda: made(("package.xml", PACKAGE), (PATH, SITE), packing=zipfile.ZIP_BZIP2),
    "lzma": lambda: made(("package.xml", PACKAGE), (PATH, SITE), packing=zipfile.ZIP_LZMA),
    "deflate64": lambda: packed_as(9),
    "an unknown packing": lambda: packed_as(250),
    "sizes of nothing": lambda: lying(0),
    "sizes that are too small": lambda: lying(10),
    "overlapping entries": overlapping,
    "a zip in a zip": lambda: made(("package.xml", PACKAGE), (PATH, GOOD)),
    "a directory that points beyond": lambda: GOOD[:-6] + b"\xff\xff\xff\x7f" + GOOD[-2:],
    "no directory": lambda: GOOD[: GOOD.find(b"PK\x01\x02")],
    "an empty one": lambda: b"PK\x05\x06" + bytes(18),
    "another format": lambda: b"\x1f\x8b\x08\x00" + bytes(100),
    "other names inside and outside": lambda: patched(GOOD, b"PK\x03\x04" + GOOD[4:30] + b"package.xml", b"PK\x03\x04" + GOOD[4:30] + b"Package.xml"),
    **{f"name: {kind}": (lambda name=name: made(("package.xml", PACKAGE), (zipfile.ZipInfo(name), SITE)))
       for kind, name in BAD_NAMES.items()},
}  # fmt: skip


@pytest.mark.parametrize("kind", REFUSED)
def test_what_could_do_harm_is_refused_in_a_sentence(server: Embedded, caller: MetadataCaller, kind: str) -> None:
    done = caller.status(caller.start(REFUSED[kind]()))
    assert done.status == "Failed"
    told = str(done.raw.get("errorMessage") or next(iter(done.problems.values())))
    assert told
    assert "Traceback" not in told
    assert "defect of the local org" not in told
    assert server.org.state.components.types() == {}
    assert caller.status(caller.start(GOOD)).status == "Succeeded"


@pytest.mark.parametrize("many", [1, 40], ids=["one file", "many files"])
def test_a_bomb_of_elements(server: Embedded, caller: MetadataCaller, many: int) -> None:
    """A few hundred kilobytes that would be gigabytes of tree; in files that are too small each to be noticed too."""
    chance = random.Random(1)
    text = xml("Flow", "<a/>" * (3_000_000 // many))
    files = {f"flows/F{number}.flow": text for number in range(many)}
    archive = made(("package.xml", manifest({"Flow": ["*"]})), *files.items(), ("pad.bin", chance.randbytes(300_000)))
    done = caller.status(caller.start(archive))
    assert done.status == "Failed"
    assert "refused as a bomb of elements" in done.raw["errorMessage"]
    assert server.org.state.components.types() == {}


def test_a_large_file_of_ordinary_density_is_no_bomb(caller: MetadataCaller) -> None:
    fields = "".join(
        f"<fields>\n        <fullName>F{number}__c</fullName>\n        <label>Field {number}</label>\n"
        f"        <length>80</length>\n        <type>Text</type>\n    </fields>\n    "
        for number in range(20_000)
    )
    files = {"package.xml": manifest({"CustomObject": ["*"]}), "objects/A__c.object": xml("CustomObject", fields)}
    done = caller.status(caller.start(as_zip(files)))
    assert (done.status, done.counts) == ("Succeeded", (0, 1, 1))


def test_every_cut_of_an_archive(server: Embedded, caller: MetadataCaller) -> None:
    """At any byte: refused, or (behind the directory) still whole."""
    for end in range(0, len(GOOD), 23):
        done = caller.status(caller.start(GOOD[:end] or b"\x00"))
        assert done.status == "Failed"
        assert "defect of the local org" not in str(done.raw)
    assert server.org.state.components.types() == {}


def test_every_damage_of_a_byte(server: Embedded) -> None:
    """A changed byte anywhere ends in a refusal or changes nothing that counts; never in a defect."""
    from sfsetup.localorg import jobs
    from sfsetup.localorg.deploy.options import DeployOptions

    org = server.org
    for place in range(0, len(GOOD), 3):
        data = bytearray(GOOD)
        data[place] ^= 0xFF
        job = jobs.queue_deploy(org, org.state.admin_id, bytes(data), DeployOptions(check_only=True))
        jobs.run_due(org)
        ended = org.state.jobs.get(job.id)
        assert ended is not None
        assert ended.status in ("Failed", "Succeeded")
        assert "defect of the local org" not in str(ended.result)


def test_ten_thousand_folders_are_no_files(caller: MetadataCaller) -> None:
    entries = [(f"remoteSiteSettings/{number}/", "") for number in range(10_500)]
    done = caller.status(caller.start(made(*entries, ("package.xml", PACKAGE), (PATH, SITE))))
    assert (done.status, done.counts) == ("Succeeded", (0, 1, 1))


def test_names_that_only_differ_by_case_are_two(caller: MetadataCaller) -> None:
    """zip names tell them apart, and so does the manifest."""
    files = {"package.xml": manifest({"RemoteSiteSetting": ["A", "a"]}), PATH: SITE, PATH.replace("A.", "a."): SITE}
    done = caller.status(caller.start(as_zip(files)))
    assert done.status in ("Succeeded", "Failed")
    assert "defect of the local org" not in str(done.raw)
