"""Parameters: once where once is meant, bare keys too."""

import pytest
from starlette.requests import Request

from app.endpoint.requests import ProtocolError, in_address, single


def request(query: str) -> Request:
    return Request({"type": "http", "query_string": query.encode(), "headers": []})


def test_parameters_keep_every_value_and_keys_without_one() -> None:
    given = in_address(request("context=null&context=%3Ca%3Ab%3E&default"))

    assert given == {"context": ["null", "<a:b>"], "default": [""]}


def test_what_is_meant_once_is_read_once() -> None:
    assert single({"query": ["ASK {}"]}, "query") == "ASK {}"
    assert single({}, "query") is None
    with pytest.raises(ProtocolError, match="'query' was given more than once") as caught:
        single({"query": ["ASK {}", "ASK {}"]}, "query")
    assert caught.value.status == 400
