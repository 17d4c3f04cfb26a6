"""Who asks: clients by their address."""

from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network


def client_of(host: str) -> str:
    """Name the client behind an address: of IPv6 the /64 that one customer is given (RFC 6177).

    >>> client_of("2001:db8::1"), client_of("::ffff:192.0.2.7"), client_of("testclient")
    ('2001:db8::/64', '192.0.2.7', 'testclient')
    """
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, IPv6Address):
        mapped = address.ipv4_mapped
        return str(mapped or ip_network((int(address), 64), strict=False))
    return str(address)


def read_networks(text: str) -> tuple[Network, ...]:
    """Read addresses and networks that commas separate; raises ValueError, naming the wrong one."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    return tuple(ip_network(part) for part in parts)
