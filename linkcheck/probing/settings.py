"""The numbers of the prober, each a named setting; times in seconds, sizes in bytes."""

from dataclasses import dataclass, field

from linkcheck.guard import GuardPolicy


@dataclass(frozen=True, slots=True)
class ProbeSettings:
    """How an address is asked (LINK_POLICY, rules 1, 4, 6 to 8, 12 and "Politeness")."""

    guard: GuardPolicy = field(default_factory=GuardPolicy)
    #: Where a host's owner learns who asks and whom to tell; the word "link" must not stand in
    #: the header (a stock firewall rule refuses it).
    contact_url: str = ""
    product: str = "Perennial/0.1"
    connect_s: float = 10.0  # resolution, TCP and TLS together
    first_byte_s: float = 20.0
    total_s: float = 30.0  # one attempt, with all its redirects
    #: Waits before the second, third … attempt after a soft failure, each jittered by ±20 %.
    retry_delays_s: tuple[float, ...] = (5.0, 60.0)
    #: Before the sibling of a refused page is asked on the same host.
    sibling_delay_s: float = 1.0
    max_redirects: int = 10
    max_body: int = 64 * 1024  # decoded
    max_wire_body: int = 256 * 1024  # a compressed body that says nothing for ever
    max_header_line: int = 32 * 1024
    max_headers: int = 128
    longest_rest_s: int = 7 * 24 * 3600
    #: Idle connections are kept this long for the next address of the same host.
    keep_alive_s: float = 2.0
    resolver_threads: int = 32
    #: HEAD goes first only for files whose path ends so (rule 1).
    binary_suffixes: tuple[str, ...] = (
        ".zip",
        ".gz",
        ".bz2",
        ".xz",
        ".7z",
        ".rar",
        ".iso",
        ".img",
        ".dmg",
        ".exe",
        ".msi",
        ".deb",
        ".rpm",
        ".apk",
        ".whl",
        ".jar",
        ".mp3",
        ".mp4",
        ".mkv",
        ".webm",
        ".avi",
        ".mov",
    )

    @property
    def token(self) -> str:
        """The name by which a robots.txt calls us (RFC 9309 §2.2.1)."""
        return self.product.partition("/")[0]

    @property
    def user_agent(self) -> str:
        """The one honest name under which we ask."""
        contact = f"; +{self.contact_url}" if self.contact_url else ""
        return f"{self.product} (verifies cited pages{contact})"
