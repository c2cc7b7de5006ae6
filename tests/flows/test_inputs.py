"""Folders, archives and URLs as sources: read through, within limits, and not again while they are the same."""

from __future__ import annotations

import datetime as dt
import gzip
import http.server
import io
import ipaddress
import os
import shutil
import socket
import ssl
import subprocess
import tarfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fsspec
import pyarrow as pa
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from fsspec.implementations.memory import MemoryFileSystem

from flows import remote, unpack
from flows.pull import Pulled
from tests.flows.make import STUDY, Workshop, outputs
from tests.flows.sources.reading import CASES

LOGS = CASES / "lm_eval" / "0.4.9"
SAMPLES = "samples_tiny_digits_2025-11-01T10-00-00.000001.jsonl"
RESULTS = "results_2025-11-01T10-00-00.000001.json"


def table(task: str = "add") -> bytes:
    buffer = io.BytesIO()
    outputs(task).write_parquet(buffer)
    return buffer.getvalue()


def study(workshop: Workshop, *uris: str) -> None:
    listed = ", ".join(f'"{uri}"' for uri in uris)
    workshop.write_models()
    workshop.write_study(STUDY.replace('"*.parquet"', f"[{listed}]"))


def pull(workshop: Workshop) -> Pulled:
    found = workshop.run(("pull",)).pulled
    assert found is not None
    return found


def uris(workshop: Workshop) -> list[str]:
    return [uri for (uri,) in workshop.rows("SELECT DISTINCT uri FROM run ORDER BY uri")]


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def tarred(path: Path, members: dict[str, bytes], mode: str) -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def logs() -> dict[str, bytes]:
    return {f"run/{name}": (LOGS / name).read_bytes() for name in (SAMPLES, RESULTS)}


def test_a_folder_is_walked(workshop: Workshop) -> None:
    study(workshop, "logs")
    for name, content in {**logs(), "deep/er/add.parquet": table(), ".hidden/b.parquet": table("copy")}.items():
        path = workshop.folder / "logs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (workshop.folder / "logs" / "README.md").write_text("no log", encoding="utf-8")
    (workshop.folder / "logs" / "config.json").write_text('{"hello": 1}', encoding="utf-8")
    (workshop.folder / "logs" / "prices.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    first = pull(workshop)
    assert (first.n_failed, first.n_lost, first.n_read) == (0, 0, 5)
    assert uris(workshop) == ["logs/deep/er/add.parquet", f"logs/run/{SAMPLES}"]
    assert [finding["uri"] for finding in workshop.findings("no_log")] == ["logs/config.json", "logs/prices.csv"]
    assert workshop.run(("pull",)).did_nothing


def test_a_folder_without_logs_is_told(workshop: Workshop) -> None:
    study(workshop, "logs")
    (workshop.folder / "logs").mkdir()
    assert pull(workshop).n_lost == 1
    (finding,) = workshop.findings("no_match")
    assert ".jsonl" in finding["reason"]


def zstd_tar(path: Path, members: dict[str, bytes]) -> Path:
    plain = tarred(path.with_suffix(""), members, "w").read_bytes()
    with pa.CompressedOutputStream(str(path), "zstd") as stream:
        stream.write(plain)
    path.with_suffix("").unlink()
    return path


ARCHIVES: dict[str, Callable[[Path, dict[str, bytes]], Path]] = {
    "logs.zip": zipped,
    "logs.tar": lambda path, members: tarred(path, members, "w"),
    "logs.tar.gz": lambda path, members: tarred(path, members, "w:gz"),
    "logs.tgz": lambda path, members: tarred(path, members, "w:gz"),
    "logs.tar.zst": zstd_tar,
}


@pytest.mark.parametrize("name", ARCHIVES)
def test_logs_in_an_archive_are_read_with_those_beside_them(workshop: Workshop, name: str) -> None:
    study(workshop, "logs.*")
    path = ARCHIVES[name](workshop.folder / name, {**logs(), "add.parquet": table(), "notes.txt": b"x"})
    first = pull(workshop)
    assert (first.n_failed, first.n_lost, first.n_read) == (0, 0, 3)
    assert uris(workshop) == [f"{name}!/add.parquet", f"{name}!/run/{SAMPLES}"]
    assert workshop.rows("SELECT agrees FROM log_agreement WHERE agrees IS NOT NULL") == [(True,)]
    path.chmod(0)
    assert workshop.run(("pull",)).did_nothing


def test_a_changed_archive_is_unpacked_anew_and_its_same_members_are_known(workshop: Workshop) -> None:
    study(workshop, "logs.zip")
    zipped(workshop.folder / "logs.zip", {"add.parquet": table(), "copy.parquet": table("copy")})
    pull(workshop)
    zipped(workshop.folder / "logs.zip", {"add.parquet": table(), "sort.parquet": table("sort")})
    again = pull(workshop)
    assert (again.n_read, again.n_unchanged) == (1, 1)
    assert [finding["uri"] for finding in workshop.findings("disappeared")] == ["logs.zip!/copy.parquet"]
    assert len(list((workshop.study().work_path / "unpacked").iterdir())) == 1


def test_a_member_of_the_same_size_and_other_content_is_read_again(workshop: Workshop) -> None:
    study(workshop, "logs.zip")
    lines = b"model_id,task_id,item_id,output,targets\nm10000,add,i0,%s,7\n"
    for answer in (b"7", b"8"):
        zipped(workshop.folder / "logs.zip", {"add.csv": lines % answer})
        os.utime(workshop.folder / "logs.zip", (int(answer), int(answer)))
        assert pull(workshop).n_read == 1
    assert workshop.rows("SELECT output FROM sample") == [("8",)]


def test_compressed_tables_in_an_archive_in_an_archive(workshop: Workshop, tmp_path: Path) -> None:
    study(workshop, "all.tar.gz")
    lines = gzip.compress(outputs("add").write_ndjson().encode())
    inner = zipped(tmp_path / "step.zip", {"add.jsonl.gz": lines}).read_bytes()
    tarred(workshop.folder / "all.tar.gz", {"a/step.zip": inner}, "w:gz")
    assert pull(workshop).n_lost == 0
    assert uris(workshop) == ["all.tar.gz!/a/step.zip!/add.jsonl.gz"]


def test_archives_too_deep_are_named(workshop: Workshop, tmp_path: Path) -> None:
    study(workshop, "a.zip")
    content = zipped(tmp_path / "x.zip", {"add.parquet": table()}).read_bytes()
    for _ in range(unpack.DEEPEST):
        content = zipped(tmp_path / "x.zip", {"x.zip": content}).read_bytes()
    (workshop.folder / "a.zip").write_bytes(content)
    pull(workshop)
    assert len(workshop.findings("deep_archive")) == 1
    assert uris(workshop) == []


@pytest.mark.parametrize("name", ["bomb.zip", "bomb.tar.gz"])
def test_a_bomb_is_refused_whole(workshop: Workshop, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpack, "RATIO_FROM", 2**20)
    study(workshop, name, "add.parquet")
    workshop.write("add.parquet", outputs("add"))
    members = {"a.csv": b"model_id\n", "bomb.csv": bytes(64 * 2**20)}
    ARCHIVES[name.replace("bomb", "logs")](workshop.folder / name, members)
    assert pull(workshop).n_read == 1
    (finding,) = workshop.findings("zip_bomb")
    assert finding["uri"] == name
    assert not list(workshop.study().work_path.rglob("*.csv"))


def test_an_archive_of_too_many_members_is_refused(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpack, "MOST_MEMBERS", 3)
    study(workshop, "logs.zip")
    zipped(workshop.folder / "logs.zip", {f"{n}.csv": b"" for n in range(4)})
    pull(workshop)
    assert "more than 3 members" in workshop.findings("zip_bomb")[0]["reason"]


@pytest.mark.parametrize("name", ["logs.zip", "logs.tar.gz"])
@pytest.mark.parametrize("unsafe", ["../out.parquet", "/tmp/out.parquet", "a/../../out.parquet", "C:\\out.parquet"])
def test_members_that_lead_out_are_left_out(workshop: Workshop, name: str, unsafe: str) -> None:
    study(workshop, name)
    ARCHIVES[name](workshop.folder / name, {unsafe: table("copy"), "add.parquet": table()})
    pull(workshop)
    assert uris(workshop) == [f"{name}!/add.parquet"]
    assert [finding["uri"] for finding in workshop.findings("unsafe_member")] == [name]


def test_links_in_an_archive_are_not_followed(workshop: Workshop) -> None:
    study(workshop, "logs.tar")
    path = tarred(workshop.folder / "logs.tar", {"add.parquet": table()}, "w")
    with tarfile.open(path, "a") as archive:
        link = tarfile.TarInfo("secret.csv")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    pull(workshop)
    assert len(workshop.findings("no_file")) == 1
    assert uris(workshop) == ["logs.tar!/add.parquet"]


def test_an_encrypted_member_is_named_and_the_others_are_read(workshop: Workshop) -> None:
    study(workshop, "logs.zip")
    path = zipped(workshop.folder / "logs.zip", {"add.parquet": table(), "copy.parquet": table("copy")})
    content = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + offset] |= 1
    path.write_bytes(content)
    pull(workshop)
    assert "add.parquet" in workshop.findings("encrypted")[0]["reason"]
    assert uris(workshop) == ["logs.zip!/copy.parquet"]


@pytest.mark.parametrize("name", ["logs.zip", "logs.tar.gz"])
def test_a_cut_archive_is_told_and_its_whole_members_are_read(workshop: Workshop, name: str) -> None:
    study(workshop, name)
    path = ARCHIVES[name](workshop.folder / name, {"add.parquet": table(), "b.csv": bytes(range(256)) * 4000})
    path.write_bytes(path.read_bytes()[:-300])
    assert pull(workshop).n_lost == 1
    assert len(workshop.findings("broken_archive")) == 1
    assert uris(workshop) == (["logs.tar.gz!/add.parquet"] if name.endswith("gz") else [])


def test_a_killed_unpacking_leaves_nothing_half_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = zipped(tmp_path / "a.zip", {"a.csv": b"1", "b.csv": b"2"})

    def fail(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(unpack, "stamp", fail)
        with pytest.raises(KeyboardInterrupt):
            unpack.unpack(path, "a.zip", tmp_path / "cache")
    found = unpack.unpack(path, "a.zip", tmp_path / "cache")
    assert found.members == ["a.csv", "b.csv"]
    assert len(list((tmp_path / "cache").iterdir())) == 1


class Server(http.server.ThreadingHTTPServer):
    """A server of a folder that can cut, stall, or answer with an error."""

    trouble = ""
    n_sent = 0


class Handler(http.server.SimpleHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        if self.server.trouble == "error":
            self.send_error(503)
            return
        if self.server.trouble in ("cut", "stall"):
            self.send_response(200)
            self.send_header("Content-Length", "100000")
            self.end_headers()
            self.wfile.write(b"x" * 100)
            self.wfile.flush()
            if self.server.trouble == "stall":
                threading.Event().wait(3)
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        super().do_GET()

    def copyfile(self, source: Any, outputfile: Any) -> None:
        self.server.n_sent += 1
        super().copyfile(source, outputfile)

    def log_message(self, *_: Any) -> None:
        """Nothing on the terminal."""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Server, Path]]:
    folder = tmp_path / "served"
    folder.mkdir()
    server = Server(("127.0.0.1", 0), lambda *given: Handler(*given, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server, folder
    server.shutdown()
    server.server_close()
    thread.join()


def address(server: Server, name: str) -> str:
    return f"http://127.0.0.1:{server.server_address[1]}/{name}"


def test_logs_behind_urls_are_fetched_once(workshop: Workshop, served: tuple[Server, Path]) -> None:
    server, folder = served
    for name in (SAMPLES, RESULTS):
        shutil.copy(LOGS / name, folder)
    zipped(folder / "more.zip", {"add.parquet": table()})
    study(workshop, *(address(server, name) for name in (SAMPLES, RESULTS, "more.zip")))
    first = pull(workshop)
    assert (first.n_read, first.n_lost) == (3, 0)
    assert uris(workshop) == [f"{address(server, 'more.zip')}!/add.parquet", address(server, SAMPLES)]
    assert server.n_sent == 3
    assert workshop.run(("pull",)).did_nothing
    assert server.n_sent == 3


def test_new_content_behind_a_url_is_read(workshop: Workshop, served: tuple[Server, Path]) -> None:
    server, folder = served
    (folder / "add.parquet").write_bytes(table())
    study(workshop, address(server, "add.parquet"))
    pull(workshop)
    (folder / "add.parquet").write_bytes(table("copy"))
    os.utime(folder / "add.parquet", (2e9, 2e9))
    assert pull(workshop).n_read == 1
    assert workshop.rows("SELECT DISTINCT task_id FROM run") == [("copy",)]


@pytest.mark.parametrize(
    ("trouble", "text"), [("cut", "cut short"), ("stall", "no byte came for 0.5 seconds"), ("error", "503")]
)
def test_trouble_on_the_line_is_told_and_the_run_goes_on(
    workshop: Workshop, served: tuple[Server, Path], trouble: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "TIMEOUT_SECONDS", 0.5)
    server, folder = served
    (folder / "add.parquet").write_bytes(table())
    workshop.write("copy.parquet", outputs("copy"))
    study(workshop, address(server, "add.parquet"), "copy.parquet")
    server.trouble = trouble
    first = pull(workshop)
    assert (first.n_read, first.n_lost) == (1, 1)
    (finding,) = workshop.findings("remote")
    assert text in finding["reason"]
    server.trouble = ""
    assert pull(workshop).n_lost == 0
    server.trouble = trouble
    assert pull(workshop).n_lost == 0
    (finding,) = workshop.findings("remote_outdated")
    assert "fetched before is used" in finding["reason"]
    assert len(uris(workshop)) == 2


def test_nobody_answers(workshop: Workshop) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    study(workshop, f"http://127.0.0.1:{port}/a.parquet", "nosuch://a/b.parquet", "az://bucket/a.parquet")
    assert pull(workshop).n_lost == 3
    reasons = [finding["reason"] for finding in workshop.findings("remote")]
    assert any("cannot be fetched" in reason for reason in reasons)
    assert any("is not known" in reason for reason in reasons)
    assert any("package that is not installed" in reason for reason in reasons)


def test_other_protocols_go_through_fsspec(workshop: Workshop) -> None:
    memory = fsspec.filesystem("memory")
    memory.pipe("/bucket/add.parquet", table())
    memory.pipe("/bucket/copy.parquet", table("copy"))
    study(workshop, "memory://bucket/*.parquet")
    try:
        assert pull(workshop).n_read == 2
        assert uris(workshop) == ["memory:///bucket/add.parquet", "memory:///bucket/copy.parquet"]
        assert workshop.run(("pull",)).did_nothing
    finally:
        memory.rm("/bucket", recursive=True)
    assert pull(workshop).n_lost == 1


class Listing(MemoryFileSystem):  # type: ignore[misc]
    """A file system that remembers what it was told of a folder, as those of object stores do."""

    protocol = "listing"
    store: dict[str, Any] = {}  # noqa: RUF012
    pseudo_dirs = [""]  # noqa: RUF012

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return "/" + path.removeprefix("listing://").strip("/")

    def info(self, path: str, **_: Any) -> Any:
        self.dircache = getattr(self, "dircache", None) or {}
        if path not in self.dircache:
            self.dircache[path] = dict(super().info(path))
        return self.dircache[path]

    def ukey(self, path: str) -> str:
        return str(self.info(path)["created"])

    def invalidate_cache(self, path: str | None = None) -> None:
        self.dircache = {}


def test_new_content_is_seen_by_a_process_that_stays(tmp_path: Path) -> None:
    fsspec.register_implementation("listing", Listing, clobber=True)
    system = fsspec.filesystem("listing")
    for content in (b"first", b"second"):
        system.pipe("/bucket/a.jsonl", content)
        (found,) = remote.fetch("listing:///bucket/a.jsonl", tmp_path / "cache")
        assert found.path is not None
        assert found.path.read_bytes() == content


@pytest.fixture
def certified(tmp_path: Path) -> Iterator[tuple[str, Path, Path]]:
    """Address, folder and certificate of a server that speaks TLS with a certificate of its own."""
    folder = tmp_path / "served"
    folder.mkdir()
    key, certificate = tls_files(tmp_path)
    server = Server(("127.0.0.1", 0), lambda *given: Handler(*given, directory=str(folder)))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"https://127.0.0.1:{server.server_address[1]}", folder, certificate
    server.shutdown()
    server.server_close()
    thread.join()


def tls_files(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + dt.timedelta(hours=1))
    whole = made.add_extension(here, critical=False).add_extension(x509.BasicConstraints(True, None), critical=True)
    paths = folder / "key.pem", folder / "certificate.pem"
    form = serialization.PrivateFormat.TraditionalOpenSSL
    paths[0].write_bytes(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
    paths[1].write_bytes(whole.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    return paths


def test_certificates_are_checked(
    workshop: Workshop, certified: tuple[str, Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    root, folder, certificate = certified
    (folder / "add.parquet").write_bytes(table())
    study(workshop, f"{root}/add.parquet")
    assert pull(workshop).n_read == 0
    (finding,) = workshop.findings("remote")
    assert "CERTIFICATE_VERIFY_FAILED" in finding["reason"]
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert pull(workshop).n_read == 1


def test_tools_of_the_system_make_archives_that_are_read(workshop: Workshop) -> None:
    study(workshop, "logs.tar.gz")
    workshop.write("add.parquet", outputs("add"))
    subprocess.run(["tar", "czf", "logs.tar.gz", "./add.parquet"], cwd=workshop.folder, check=True)
    pull(workshop)
    assert uris(workshop) == ["logs.tar.gz!/add.parquet"]
