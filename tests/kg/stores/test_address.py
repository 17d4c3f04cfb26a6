"""An address is read, and its secrets stay secret."""

import pytest

from kg.stores.address import AddressError, Credentials, Scheme, parse_address


def test_options_of_an_address_are_read_and_left_out_of_it() -> None:
    text = "sparql+https://ann:x@example.org/q/?key=1&update=/u&gsp=data&auth=digest"
    address = parse_address(text)
    assert address.url == "https://example.org/q/?key=1"
    assert (address.update, address.graph_store) == (
        "https://example.org/u",
        "https://example.org/q/data",
    )
    assert (address.scheme, address.is_plain) == (Scheme.DIGEST, True)
    assert address.credentials == Credentials("ann", "x")


def test_credentials_beside_an_address_count_more_than_those_in_it() -> None:
    given = Credentials("bob", "y")
    assert parse_address("http://ann:x@example.org/sparql", given).credentials == given


@pytest.mark.parametrize(
    "text",
    [
        "http://ann:secret@example.org:port/sparql",
        "http://ann:secret@example.org/sparql?update=http://elsewhere.org/u",
        "http://ann:secret@example.org/sparql?auth=magic",
    ],
)
def test_an_unfit_address_is_told_without_its_password(text: str) -> None:
    with pytest.raises(AddressError) as caught:
        parse_address(text)
    assert "secret" not in str(caught.value)
