"""What an operator decides, as typed values with their defaults.

Every field carries its one line of why; the example configuration and its test are held
against these. Reading files and the environment stands in ``config.load``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from zoneinfo import ZoneInfo

from config.bounce_settings import BounceSettings
from config.channel_settings import AlertSettings, ChannelSettings  # noqa: TC001 - the loader reads the kinds of the fields
from config.desk_settings import DeskSettings
from config.kinds import (
    BucketAddress,
    Count,
    DatabaseAddress,
    DateFormat,
    Language,
    Mailbox,
    MailSecurity,
    Networks,
    OptionalMailbox,
    Pattern,
    Port,
    Rate,
    SearchShown,
    SourceKind,
    Texts,
    Uncertain,
    WebAddress,
    WebAddresses,
    required,
    setting,
)
from config.logins import without_login
from config.schedule import Interval, Schedule
from config.selection_settings import (
    MergeSettings,  # noqa: TC001 - the loader reads the kinds of the fields
    ViewSettings,  # noqa: TC001 - as above
)

DEFAULT_PORT = 8080


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSettings:
    """Where Tidings keeps what it knows."""

    data: Path = setting(
        Path("data"), "Folder of the database and of mails written to disk; back up this one."
    )
    database: DatabaseAddress = setting(
        "",
        "Empty: a SQLite file in the data folder; postgresql://... lets several machines share.",
        secret=True,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteSettings:
    """What the published pages and feeds say about themselves."""

    base_url: WebAddress = setting(
        "", "Public address of the pages and feeds; empty: http://localhost and the server's port."
    )
    title: str = setting("Tidings", "Name of the whole site, on its front page.")
    authority: str = setting(
        "",
        "Domain in new item ids (RFC 4151); empty: the host of base_url. Ids never change later.",
    )
    output: Path = setting(
        Path("public"), "Folder of the published files; any web server can serve it."
    )
    templates: Path | None = setting(
        None, "Folder whose templates replace ours of the same name; empty: none."
    )
    window: int = setting(50, "Items in a live feed and on a bulletin's page, newest first.")
    span: timedelta = setting(
        timedelta(days=8),
        "What came within this time stays in the live feed: who looks once a week misses nothing.",
    )
    hubs: WebAddresses = setting(
        (),
        "WebSub hubs that feeds name and that are told of each change, as a list; none: no push.",
    )
    search: SearchShown = setting(
        "auto", "Readers' search, which needs the service: yes, no, or auto (not with a bucket)."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketSettings:
    """Where published documents go instead of a folder: needs the extra s3."""

    address: BucketAddress = setting(
        "", "s3://NAME or s3://NAME/PREFIX takes the documents; empty: the folder [site] output."
    )
    endpoint: WebAddress = setting(
        "", "Address of the S3 service; empty: that of AWS in the region."
    )
    region: str = setting("us-east-1", "Region of the bucket; many services take any.")
    access_key: str = setting(
        "", "Name of the key; empty: AWS_ACCESS_KEY_ID, or the machine's role."
    )
    secret_key: str = setting(
        "", "The key's secret; better by TIDINGS_BUCKET_SECRET_KEY_FILE.", secret=True
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """How the service listens and works."""

    host: str = setting(
        "127.0.0.1", "Address to listen on; 0.0.0.0 opens the service to the network."
    )
    port: Port = setting(DEFAULT_PORT, "Port to listen on.")
    proxies: Networks = setting(
        (ip_network("127.0.0.1/32"), ip_network("::1/128")),
        "Proxies whose word on the address and the scheme of a reader is believed, as a list.",
    )
    tick: timedelta = setting(
        timedelta(seconds=15), "How often the service looks for due work; not how often it reads."
    )
    lease: timedelta = setting(
        timedelta(minutes=5),
        "After this time another process takes over the work of one that died.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchSettings:
    """How sources are requested."""

    user_agent: str = setting(
        "Tidings/0.1", "How we name ourselves to the source; add an address to reach you."
    )
    timeout: timedelta = setting(
        timedelta(seconds=30), "Longest wait for a connection or for the next bytes."
    )
    deadline: timedelta = setting(
        timedelta(minutes=2), "Longest time for one whole request, redirects included."
    )
    max_bytes: int = setting(
        10_000_000, "Largest page that is read, on the wire and again after decompression."
    )
    max_backoff: timedelta = setting(
        timedelta(days=1), "Longest pause between two tries of a source that keeps failing."
    )
    keep_pages: int = setting(
        5, "Last pages of each source that are kept, to be read again at the desk; 0: none."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RelaySettings:
    """A further relay, asked where those before it are down or refuse us."""

    name: str = field(default="", compare=False)
    host: str = setting("", "A further SMTP relay.")
    port: Port = setting(587, "Its port.")
    security: MailSecurity = setting("starttls", "starttls, tls, or none.")
    username: str = setting("", "Login name there; empty: no login.")
    password: str = setting(
        "", "Password there; better by TIDINGS_MAIL_RELAYS_NAME_PASSWORD_FILE.", secret=True
    )

    @property
    def place(self) -> str:
        """How the relay is named in messages."""
        return f"relay {self.host} port {self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailSettings:
    """How digests leave."""

    sender: Mailbox = setting(
        "Tidings <tidings@localhost>", "The From of every digest, with or without a name."
    )
    reply_to: OptionalMailbox = setting("", "Where answers go; empty: to the sender.")
    operator: OptionalMailbox = setting(
        "", "Who is told once that a source is unwell, and once that it is well; empty: nobody."
    )
    host: str = setting(
        "", "SMTP relay; empty: mails are written as .eml files and shown by the service."
    )
    port: Port = setting(
        587, "Port of the relay: 587 for starttls, 465 for tls, often 25 for none."
    )
    security: MailSecurity = setting(
        "starttls", "starttls, tls, or none (for a relay on this machine)."
    )
    username: str = setting("", "Login name at the relay; empty: no login.")
    password: str = setting(
        "", "Password at the relay; better by TIDINGS_MAIL_PASSWORD_FILE.", secret=True
    )
    relays: tuple[RelaySettings, ...] = setting(
        (), "Further relays, in order; [mail.relays.NAME] has the keys of a relay."
    )
    connections: Count = setting(4, "Connections to the relay at once; each adds to the rate.")
    messages_per_connection: Count = setting(
        50, "Mails over one connection before a new one is opened; receivers close long ones."
    )
    rate: Rate = setting(0.0, "Most mails per second in all; 0: as fast as the relay takes them.")
    domain_rate: Rate = setting(
        0.0,
        "Most mails per second to one recipient domain; 0: until it asks us to slow down.",
    )
    uncertain: Uncertain = setting(
        "again", "A mail whose answer was lost: again (once, with the same Message-ID) or never."
    )
    bounce: OptionalMailbox = setting(
        "", "Where bounces go, as b@bounce.example.org; each mail gets b+TOKEN@ of its own."
    )
    dkim_key: Path | None = setting(
        None, "File of the RSA key (PEM) that signs every mail (DKIM); empty: no signature."
    )
    dkim_selector: str = setting("tidings", "Name of that key in the DNS: NAME._domainkey.")
    dkim_ed25519_key: Path | None = setting(
        None, "File of an Ed25519 key for a second signature; empty: none."
    )
    dkim_ed25519_selector: str = setting("tidings-ed25519", "Name of that key in the DNS.")
    timeout: timedelta = setting(timedelta(seconds=60), "Longest wait for an answer of the relay.")
    retry: timedelta = setting(
        timedelta(minutes=5), "First pause after a temporary refusal; it doubles at each try."
    )
    give_up: timedelta = setting(
        timedelta(days=1), "After this time of temporary refusals a delivery has failed."
    )

    @property
    def all_relays(self) -> tuple[RelaySettings, ...]:
        """The relay of the simple keys, where there is one, and those after it."""
        first = RelaySettings(
            host=self.host,
            port=self.port,
            security=self.security,
            username=self.username,
            password=self.password,
        )
        return (*([first] if self.host else []), *self.relays)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSettings:
    """How a page is read that is not read rightly by itself; what is left out stays automatic."""

    item: str = setting(
        "", "Selects the element of each item: CSS, or XPath where it begins with / or ./ or (."
    )
    title: str = setting("", "Within an item: the element of its title.")
    link: str = setting("", "Within an item: the element whose href is its link.")
    date: str = setting("", "Within an item: the element of its date (or its datetime).")
    summary: str = setting("", "Within an item: the element of its summary.")
    title_pattern: Pattern = setting(
        "", "Regular expression: its first group, or all that it matches, is the title."
    )
    link_pattern: Pattern = setting("", "The same for the link, as it stands on the page.")
    date_pattern: Pattern = setting("", "The same for the date, in the text of the item.")
    summary_pattern: Pattern = setting("", "The same for the text of the summary.")
    date_format: DateFormat = setting(
        "", "How dates are written, in the letters of strptime: %d.%m.%y; empty: any way."
    )
    include: Pattern = setting("", "Only items whose title or summary has this; empty: all.")
    exclude: Pattern = setting("", "No items whose title or summary has this.")
    include_url: Pattern = setting("", "Only items whose link has this.")
    exclude_url: Pattern = setting("", "No items whose link has this.")
    include_category: Pattern = setting("", "Only items with a category that has this.")
    exclude_category: Pattern = setting("", "No items with a category that has this.")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSettings:
    """Where a bulletin is read and how."""

    bulletin: str
    name: str
    url: WebAddress = setting("", "Address of the page: http(s); give this or file.")
    file: Path | None = setting(None, "Path of a local file, beside this configuration or whole.")
    kind: SourceKind = setting("auto", "auto, html, text or feed.")
    schedule: Schedule = setting(
        Interval(timedelta(hours=1)),
        "How often it is read: every = '30m', or cron = '0 7 * * mon-fri'.",
    )
    time_zone: ZoneInfo = setting(ZoneInfo("UTC"), "Zone of its dates; empty: the bulletin's.")
    language: Language = setting("", "Language of its dates (BCP 47); empty: the bulletin's.")
    headers: dict[str, str] = setting(dict, "Further request headers, such as Accept-Language.")
    hold: timedelta = setting(
        timedelta(days=1),
        "A page that breaks with all it showed so far is believed when it has lasted so long.",
    )
    repair: bool = setting(
        default=True,
        why="Go on by new rules where a rebuilt page shows the known items; false: only say them.",
    )
    pages: int = setting(
        1,
        "Pages that the first reading takes, by their links to older items; later ones take one.",
    )
    full_text: bool = setting(
        default=False,
        why="Fetch the page behind each new item's link, once, for its whole text and picture.",
    )
    rules: RuleSettings = setting(RuleSettings, "How it is read; see there.")

    @property
    def location(self) -> str:
        """The URL without its login, or the path of the file: how the source is named."""
        return without_login(self.url) or str(self.file)


@dataclass(frozen=True, slots=True, kw_only=True)
class BulletinSettings:
    """A publication that we follow and re-publish."""

    slug: str
    title: str = required("Name of the bulletin: the title of its feeds, the head of its mails.")
    link: WebAddress = setting("", "The publisher's own page; empty: the first source's URL.")
    description: str = setting("", "One sentence about it, in the feeds and on its page.")
    language: Language = setting("en", "Language of its items (BCP 47): en, es, pt-BR.")
    time_zone: ZoneInfo = setting(ZoneInfo("UTC"), "Zone in which its days begin and end.")
    icon: WebAddress = setting("", "Its picture in feed readers: PNG, JPEG or GIF; empty: none.")
    corrections_in_feed: bool = setting(
        default=False, why="End a corrected item in the feeds with what was corrected, by words."
    )
    formerly: Texts = setting(
        (), "Names that it had before: their addresses lead here, and all that is stored goes on."
    )
    moved_to: WebAddress = setting(
        "", "Where it is published from now on: its feeds say so, then their addresses lead there."
    )
    ended: bool = setting(
        default=False,
        why="It is published no more: its feeds say so, then their addresses answer 410.",
    )
    farewell: str = setting("", "How its feeds say that it moved or ended; empty: in our words.")
    notice: timedelta = setting(
        timedelta(weeks=4), "How long they say so before the addresses answer; 1s: at once."
    )
    corrections_in_digest: bool = setting(
        default=False,
        why="A digest also tells of items that were told before and corrected since.",
    )
    sources: tuple[SourceSettings, ...] = ()
    views: tuple[ViewSettings, ...] = ()
    channels: tuple[ChannelSettings, ...] = ()

    def view(self, name: str) -> ViewSettings | None:
        """Return the view of that name; None where none is configured."""
        return next((known for known in self.views if known.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The whole configuration. Relative paths are already resolved against its file."""

    path: Path
    store: StoreSettings = StoreSettings()
    site: SiteSettings = SiteSettings()
    bucket: BucketSettings = BucketSettings()
    server: ServerSettings = ServerSettings()
    fetch: FetchSettings = FetchSettings()
    mail: MailSettings = MailSettings()
    bounces: BounceSettings = BounceSettings()
    alerts: tuple[AlertSettings, ...] = ()
    desk: DeskSettings = DeskSettings()
    bulletins: tuple[BulletinSettings, ...] = ()
    merges: tuple[MergeSettings, ...] = ()

    @property
    def base_url(self) -> str:
        """The public address, without a slash at its end."""
        return self.site.base_url.rstrip("/") or f"http://localhost:{self.server.port}"

    @property
    def is_searched(self) -> bool:
        """Whether readers are offered the search, which no plain file can answer."""
        return self.site.search == "yes" or (self.site.search == "auto" and not self.bucket.address)

    def bulletin(self, slug: str) -> BulletinSettings | None:
        """Return the bulletin of that slug; None where none is configured."""
        return next((known for known in self.bulletins if known.slug == slug), None)
