"""Clients by their address."""

import pytest

from app.clients import client_of, read_networks


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff::2"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::2"),
    ],
)
def test_addresses_of_one_client(one: str, other: str) -> None:
    assert client_of(one) == client_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("2001:db8:0:1::1", "2001:db8:0:2::1"), ("192.0.2.7", "192.0.2.8"), ("", "x")],
)
def test_addresses_of_two_clients(one: str, other: str) -> None:
    assert client_of(one) != client_of(other)


def test_networks_are_read_from_a_line() -> None:
    assert list(map(str, read_networks(" 10.0.0.0/8, ::1 ,"))) == ["10.0.0.0/8", "::1/128"]
    with pytest.raises(ValueError, match=r"10\.0\.0\.1/8"):
        read_networks("10.0.0.1/8")
