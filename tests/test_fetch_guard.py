"""Nobody gets us to ask a private network: spellings, redirects, turning names, proxies."""

from __future__ import annotations

import socket
import ssl
import sys
import threading
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, ip_network
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import example, given, settings
from hypothesis import strategies as some
from origin import Origin, answer, redirect

from config.settings import FetchSettings, SourceSettings
from feeds.fetch import Fetcher, FetchError, Page, Validators
from feeds.fetch_connections import _Guarded
from feeds.fetch_guard import Guard, GuardError
from feeds.networks import no_public_place, read_address

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BODY = b"<html><title>News</title></html>"
SETTINGS = FetchSettings(timeout=timedelta(seconds=5), deadline=timedelta(seconds=5))
HERE = (ip_network("127.0.0.1/32"),)
# Where sockets were connected to while somebody listened; only the interpreter sees them all.
CONNECTED: list[object] = []


def _note(event: str, values: tuple[object, ...]) -> None:
    if event == "socket.connect":
        CONNECTED.append(values[1])


sys.addaudithook(_note)


def connected() -> list[object]:
    """Return where sockets were connected to in this test."""
    return list(CONNECTED)


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy of the machine that runs the tests stands between them and the server."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    CONNECTED.clear()


@pytest.fixture
def origin() -> Iterator[Origin]:
    """A server that says what the test tells it."""
    with Origin() as server:
        yield server


@dataclass
class Names:
    """A resolver that knows what a test tells it, in turn; numbers it reads as the system does."""

    known: dict[str, list[tuple[str, ...]]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def __call__(self, host: str, port: int) -> tuple[str, ...]:
        """Return the addresses of a name; no question leaves this machine."""
        self.asked.append(host)
        if host in self.known:
            answers = self.known[host]
            return answers.pop(0) if len(answers) > 1 else answers[0]
        flags = socket.AI_NUMERICHOST
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
        return tuple(str(where[0]) for *_, where in found)


def fetch(guard: Guard, url: str, settings: FetchSettings = SETTINGS) -> Page:
    """Fetch an address that must answer with a page."""
    with Fetcher(settings, guard=guard) as fetcher:
        page = fetcher.fetch(source(url), validators=Validators())
    assert isinstance(page, Page)
    return page


def refusal(guard: Guard, url: str, settings: FetchSettings = SETTINGS) -> str:
    """Fetch an address that must fail; return what is said, which holds no noise."""
    with pytest.raises(FetchError) as failure:
        fetch(guard, url, settings)
    said = str(failure.value)
    assert "; " in said
    assert not any(noise in said for noise in ("HTTPConnectionPool", "Errno", "at 0x", "('"))
    return said


def source(url: str) -> SourceSettings:
    """Return a source of that address."""
    return SourceSettings(bulletin="town", name="main", url=url)


# --- what is public ---


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("0.0.0.0", "this machine itself"),  # noqa: S104 -- nothing is bound
        ("127.255.255.254", "this machine itself"),
        ("10.0.0.5", "in a private network"),
        ("172.31.255.255", "in a private network"),
        ("192.168.1.1", "in a private network"),
        ("100.64.0.1", "in the private network of a provider"),
        ("100.100.100.200", "in the private network of a provider"),
        ("169.254.169.254", "on the link"),
        ("168.63.129.16", "a service of a cloud"),
        ("192.0.0.192", "reserved"),
        ("192.0.2.1", "reserved"),
        ("198.19.0.1", "reserved"),
        ("192.88.99.1", "a detour"),
        ("224.0.1.1", "an address of many machines"),
        ("240.0.0.1", "reserved"),
        ("255.255.255.255", "reserved"),
        ("::", "this machine itself"),
        ("::1", "this machine itself"),
        ("::127.0.0.1", "reserved"),
        ("::ffff:127.0.0.1", "this machine itself"),
        ("::ffff:100.64.0.1", "in the private network of a provider"),
        ("::ffff:0:127.0.0.1", "reserved"),
        ("64:ff9b::127.0.0.1", "this machine itself"),
        ("64:ff9b::a9fe:a9fe", "on the link"),
        ("64:ff9b:1::8.8.8.8", "reserved"),
        ("100::1", "reserved"),
        ("2001::1", "a detour"),
        ("2001:2::1", "reserved"),
        ("2001:db8::1", "reserved"),
        ("2002:7f00:1::", "a detour"),
        ("3fff::1", "reserved"),
        ("4000::1", "reserved"),
        ("5f00::1", "reserved"),
        ("fd00:ec2::254", "in a private network"),
        ("fe80::1%eth0", "on the link"),
        ("fec0::1", "in a private network"),
        ("ff02::1%1", "an address of many machines"),
        ("8.8.8.8", ""),
        ("172.32.0.1", ""),
        ("100.128.0.1", ""),
        ("::ffff:8.8.8.8", ""),
        ("64:ff9b::8.8.8.8", ""),
        ("2606:4700::1111", ""),
        ("2a00:1450::1", ""),
    ],
)
def test_an_address_is_public_or_of_a_kind(address: str, kind: str) -> None:
    """Each network that is no part of the public internet is known for what it is."""
    found = no_public_place(read_address(address))

    assert found.startswith(kind)
    assert bool(found) is bool(kind)


@pytest.mark.parametrize(
    ("allowed", "address", "port", "refused"),
    [
        ("", "8.8.8.8", 80, ""),
        ("", "8.8.8.8", 443, ""),
        ("", "2606:4700::1", 8443, ""),
        ("", "8.8.8.8", 0, "port 0"),
        ("", "8.8.8.8", 22, "port 22, where pages do not stand (they do at 80, 443, 8080, 8443)"),
        ("", "10.0.0.5", 80, "leads to 10.0.0.5, which is in a private network; add it to [desk]"),
        ("10.0.0.0/8", "10.0.0.5", 9999, ""),
        ("10.0.0.0/8", "::ffff:10.0.0.5", 80, ""),
        ("10.0.0.0/8", "64:ff9b::10.0.0.5", 80, ""),
        ("10.0.0.0/8", "2002:a00:5::", 80, "a detour"),
        ("10.0.0.0/8", "11.0.0.5", 25, "port 25"),
        ("10.0.0.0/8", "192.168.0.1", 80, "192.168.0.1"),
        ("::1/128", "::1", 80, ""),
        ("::1/128", "127.0.0.1", 80, "this machine itself"),
        ("fe80::/10", "fe80::1%eth0", 80, ""),
    ],
)
def test_a_guard_knows_networks_and_ports(
    allowed: str, address: str, port: int, refused: str
) -> None:
    """Public hosts are asked at the ports of pages; a listed network is open, and no other."""
    guard = Guard(tuple(ip_network(network) for network in allowed.split()))

    if not refused:
        guard.judge(address, port)
        return
    with pytest.raises(GuardError) as error:
        guard.judge(address, port)
    assert refused in str(error.value)


# --- spellings ---


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "127.0.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "00000177.0x0.0.0x1",
        "\uff11\uff12\uff17.0.0.1",
        "127\u30020\u30020\u30021",
        "\u2460\u2461\u2466.0.0.1",
        "[::1]",
        "[::]",
        "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[fe80::1%25eth0]",
        "0",
        "0.0.0.0",  # noqa: S104 -- nothing is bound
        "example.org@127.0.0.1",
        "example.org:80@127.0.0.1",
        "127.0.0.1:80@127.0.0.1",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "any.localhost",
        "10.0.0.5",
        "169.254.169.254",
        "[fd00:ec2::254]",
    ],
)
def test_no_spelling_leads_inside(origin: Origin, host: str) -> None:
    """However a private address is written or named, nothing is connected to."""
    origin.says(answer(body=BODY))
    inside: list[tuple[str, ...]] = [("127.0.0.1",)]
    names = Names(dict.fromkeys(("localhost", "localhost.", "any.localhost"), inside))

    said = refusal(Guard((), names), f"http://{host}:{origin.port}/")

    assert any(words in said for words in ("leads to ", "is no address", "is not known"))
    assert connected() == []


@pytest.mark.parametrize(
    "url",
    [
        "http://",
        "http:///news",
        "http://[]/",
        "http://[::1/",
        "http://[127.0.0.1]/",
        "http://127.0.0.1:0/",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1\\@example.test/",
        "http://127.0.0.1 /",
        "http://127.0.0.1%00.example.test/",
        "http://a..b/",
        "http://.../",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "dict://127.0.0.1:11211/",
        "//127.0.0.1/",
        "127.0.0.1",
    ],
)
def test_what_is_no_address_of_the_web_is_refused(url: str) -> None:
    """Halves of addresses and other schemes are refused in words, and reach nothing."""
    refusal(Guard((), Names()), url)

    assert connected() == []


def test_a_name_of_this_machine_is_refused_with_the_remedy() -> None:
    """The system's own names are looked up too, and the message says what can be done."""
    said = refusal(Guard(), "http://localhost/")

    assert said == (
        "http://localhost/: leads to 127.0.0.1, which is this machine itself; "
        "add it to [desk] private_networks to allow it"
    ) or said.startswith("http://localhost/: leads to ::1, ")


def test_a_file_is_refused(tmp_path: Path) -> None:
    """What somebody else chose is no file of this machine."""
    file = tmp_path / "news.txt"
    file.write_text("secret")
    with Fetcher(SETTINGS, guard=Guard()) as fetcher, pytest.raises(FetchError, match="a file of"):
        fetcher.fetch(SourceSettings(bulletin="b", name="s", file=file), validators=Validators())


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.1", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "town.test"]
)
def test_a_listed_network_is_reached(origin: Origin, host: str) -> None:
    """What the operator lists is asked at any port, however it is written."""
    origin.says(answer(body=BODY))
    names = Names({"town.test": [("127.0.0.1",)]})

    assert fetch(Guard(HERE, names), f"http://{host}:{origin.port}/").body == BODY


PORTS = ("", ":9")
NUMBERS = some.integers(min_value=0x7F00_0000, max_value=0x7FFF_FFFF)
FORMS = some.sampled_from(["{}", "0{:o}", "0x{:x}", "000{:o}", "0X{:X}"])
WIDE = str.maketrans(
    "0123456789.xX",
    "\uff10\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18\uff19\u3002\uff58\uff38",
)


@some.composite
def spellings(draw: some.DrawFn) -> str:
    """A host that some reader of addresses takes for one of 127.0.0.0/8."""
    number = draw(NUMBERS)
    if draw(some.integers(0, 4)) == 0:
        inner = IPv4Address(number)
        prefix = draw(some.sampled_from(["::ffff:", "::", "64:ff9b::", "0:0:0:0:0:FFFF:"]))
        return f"[{prefix}{inner}]"
    sizes = draw(some.sampled_from([(32,), (8, 24), (8, 8, 16), (8, 8, 8, 8)]))
    parts, left = [], 32
    for size in sizes:
        left -= size
        parts.append(draw(FORMS).format((number >> left) & ((1 << size) - 1)))
    host = ".".join(parts) + draw(some.sampled_from(["", ".", ""]))
    host = host.translate(WIDE) if draw(some.booleans()) else host
    return draw(some.sampled_from(["", "user@", "example.org:80@", "a%40b@"])) + host


@given(host=some.one_of(spellings(), some.text(min_size=1, max_size=20)))
@example(host="localhost")
@settings(max_examples=150, deadline=None)
def test_no_address_that_can_be_written_reaches_this_machine(host: str) -> None:
    """Whatever stands in the place of a host, nothing is connected to: every name leads here."""
    CONNECTED.clear()
    refused = 0

    def treacherous(name: str, port: int) -> tuple[str, ...]:
        try:
            found = Names()(name, port)
        except OSError:
            found = ()
        inside = all(no_public_place(read_address(address)) for address in found)
        return found if inside and found else ("127.0.0.1",)

    with Fetcher(SETTINGS, guard=Guard((), treacherous)) as fetcher:
        for port in PORTS:
            try:
                fetcher.fetch(source(f"http://{host}{port}/"), validators=Validators())
            except FetchError:
                refused += 1

    assert (refused, connected()) == (len(PORTS), [])


# --- names that turn, redirects, reuse ---


def test_a_name_is_looked_up_once_for_each_connection(origin: Origin) -> None:
    """What the DNS says after the look-up changes nothing, and a kept connection asks no more."""
    origin.says(answer(body=BODY))
    names = Names({"turning.test": [("127.0.0.1",), ("127.0.0.2",)]})
    url = f"http://turning.test:{origin.port}/"

    with Fetcher(SETTINGS, guard=Guard(HERE, names)) as fetcher:
        for _ in range(2):
            fetcher.fetch(source(url), validators=Validators())

    assert names.asked == ["turning.test"]
    assert connected() == [("127.0.0.1", origin.port)]


def test_another_address_is_tried_where_one_is_silent(origin: Origin) -> None:
    """Of several addresses that were all judged, one that answers is enough."""
    origin.says(answer(body=BODY))
    allowed = (ip_network("127.0.0.0/30"),)
    names = Names({"town.test": [("127.0.0.2", "127.0.0.1")]})

    assert fetch(Guard(allowed, names), f"http://town.test:{origin.port}/").body == BODY
    assert len(connected()) == 2


def test_connections_do_not_cross_names(origin: Origin) -> None:
    """Two names of one address have connections of their own, each told its own name."""
    origin.says(answer(body=BODY))
    names = Names({"a.test": [("127.0.0.1",)], "b.test": [("127.0.0.1",)]})

    with Fetcher(SETTINGS, guard=Guard(HERE, names)) as fetcher:
        for host in ("a.test", "b.test", "a.test"):
            fetcher.fetch(source(f"http://{host}:{origin.port}/"), validators=Validators())

    hosts = [asked.headers["host"].partition(":")[0] for asked in origin.asked]
    assert (origin.connections, hosts) == (2, ["a.test", "b.test", "a.test"])


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("http://127.0.0.2/", "leads to 127.0.0.2, which is this machine itself"),
        ("http://[::1]/", "leads to ::1"),
        ("http://2130706434/", "leads to 127.0.0.2"),
        ("//0x7f.2/", "leads to 127.0.0.2"),
        ("http://8.8.8.8:22/", "asks for port 22"),
        ("http://mixed.test/", "leads to 10.0.0.5, which is in a private network; add it to"),
        ("http://turning.test/", "leads to 127.0.0.1, which is this machine itself; if that"),
        ("http://fails-first.test/", "leads to 127.0.0.1, which is this machine itself; if that"),
        ("file:///etc/passwd", "only http and https are"),
    ],
)
def test_a_redirect_leads_nowhere_else(origin: Origin, target: str, words: str) -> None:
    """Each step is judged like the first, and a name must not turn from public to private."""
    url = origin.says(redirect(302, target))
    names = Names(
        {
            "mixed.test": [("8.8.8.8", "10.0.0.5")],
            "turning.test": [("8.8.8.8",), ("127.0.0.1",)],
            "fails-first.test": [(), ("127.0.0.1",)],
        }
    )

    said = refusal(Guard(HERE, names), url)

    assert words in said
    assert said.startswith(f"{url}: ")
    assert connected() == [("127.0.0.1", origin.port)]


def test_a_public_page_does_not_lead_to_a_listed_network(origin: Origin) -> None:
    """The operator's list is for what the operator asks for, not for what a public page names."""
    inside = origin.says(answer(body=BODY))
    names = Names({"turning.test": [("8.8.8.8",), ("127.0.0.1",)]})

    with Fetcher(SETTINGS, guard=Guard(HERE, names)) as fetcher:
        assert fetcher.fetch_linked(source(origin.url("/news")), inside).body == BODY
        for home, target in (
            ("http://8.8.8.8/", inside),
            ("http://8.8.8.8/", f"http://turning.test:{origin.port}/"),
            ("http://turning.test/", f"http://turning.test:{origin.port}/"),
        ):
            names.known["turning.test"] = [("8.8.8.8",), ("127.0.0.1",)]
            with pytest.raises(FetchError, match=r"private network|this machine itself"):
                fetcher.fetch_linked(source(home), target)

    assert len(origin.asked) == 1


def test_a_public_page_of_a_source_cannot_turn_inside(
    origin: Origin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a guard, too, a name that was public when a page led there must be it still."""
    answers = [("8.8.8.8",), ("127.0.0.1",)]
    monkeypatch.setattr("feeds.fetch.look_up", lambda *_: answers.pop(0))
    url = origin.says(redirect(302, f"http://localhost:{origin.port}/inside"))

    with Fetcher(SETTINGS) as fetcher, pytest.raises(FetchError) as failure:
        fetcher.fetch(source(url), validators=Validators())

    assert "this machine itself; if that is right, give it as the source's url" in str(
        failure.value
    )
    assert len(origin.asked) == 1


def test_a_remembered_move_leads_nowhere_inside(origin: Origin) -> None:
    """Where a public source once moved to is asked on every check, and may have turned since."""
    inside = origin.says(answer(body=BODY))

    with Fetcher(SETTINGS) as fetcher:
        moved = fetcher.fetch(source("http://127.0.0.1/"), validators=Validators(), url=inside)
        with pytest.raises(FetchError) as failure:
            fetcher.fetch(source("http://8.8.8.8/"), validators=Validators(), url=inside)

    assert isinstance(moved, Page)
    assert str(failure.value).startswith(f"http://8.8.8.8/: leads to {inside}, an address of a pri")
    assert len(origin.asked) == 1


def test_the_end_of_the_line_is_judged_too(origin: Origin, monkeypatch: pytest.MonkeyPatch) -> None:
    """If another urllib3 no longer asks us for the socket, nothing is sent through its own."""
    monkeypatch.delattr(_Guarded, "_new_conn")

    said = refusal(Guard(), origin.says(answer(body=BODY)))

    assert "leads to 127.0.0.1" in said
    assert origin.asked == []


def test_a_slow_look_up_ends_by_the_deadline() -> None:
    """A name server that does not answer holds nobody up for longer than a slow page."""
    woken = threading.Event()

    def asleep(host: str, port: int) -> tuple[str, ...]:
        woken.wait(30)
        return (host, str(port))

    said = refusal(
        Guard((), asleep), "http://town.test/", FetchSettings(deadline=timedelta(seconds=0.1))
    )
    woken.set()

    assert "was not read to its end within" in said


def test_many_deaf_addresses_are_tried_until_the_deadline() -> None:
    """However many addresses a name has, trying them takes no longer than a slow page."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(8):
            waiting = stack.enter_context(socket.socket())
            waiting.settimeout(0)
            waiting.connect_ex(listener.getsockname())
        CONNECTED.clear()
        names = Names({"town.test": [("127.0.0.1",) * 20]})
        hasty = FetchSettings(deadline=timedelta(seconds=0.3))
        url = f"http://town.test:{listener.getsockname()[1]}/"

        said = refusal(Guard(HERE, names), url, hasty)

    assert "was not read to its end within" in said
    assert len(connected()) < 3


# --- proxies ---


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "all_proxy"])
def test_a_proxy_is_not_asked(origin: Origin, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy finds addresses by itself, so it cannot be guarded; what passes it by can."""
    monkeypatch.setenv(name, origin.url())
    guard = Guard(HERE, Names({"town.test": [("127.0.0.1",)]}))
    url = origin.says(answer(body=BODY)).replace("127.0.0.1", "town.test")

    said = refusal(guard, url)

    assert "through a proxy, which finds addresses by itself" in said
    assert origin.asked == []
    monkeypatch.setenv("no_proxy", "town.test")
    assert fetch(guard, url).body == BODY


# --- certificates ---


def make_certificate(folder: Path, name: str) -> Path:
    """Write a certificate for a name, and its key, into one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Test")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "certificate.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    file.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return file


@contextmanager
def tls_origin(certificate: Path, told: list[str]) -> Iterator[Origin]:
    """A server with that certificate; ``told`` are the names that it is asked for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.sni_callback = lambda _, name, __: told.append(name)
    with Origin(tls=context) as server:
        yield server


def test_a_certificate_is_for_the_name_and_not_for_the_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TLS goes by the name, in what is asked for and what is trusted, wherever it leads."""
    certificate = make_certificate(tmp_path, "town.test")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    names = Names({"town.test": [("127.0.0.1",)], "other.test": [("127.0.0.1",)]})
    told: list[str] = []

    with tls_origin(certificate, told) as server:
        server.says(answer(body=BODY))
        page = fetch(Guard(HERE, names), server.url(host="town.test"))
        said = refusal(Guard(HERE, names), server.url(host="other.test"))

    assert page.body == BODY
    assert [asked.headers["host"] for asked in server.asked] == [f"town.test:{server.port}"]
    assert told == ["town.test", "other.test"]
    assert "not valid for 'other.test'" in said
