"""`VendorError` as an exception: what it refuses, and what it keeps in a pickle and in a copy."""

from __future__ import annotations

import copy
import pickle

import attrs
import pytest

import errnorm
import errnorm.testing
from errnorm import VendorError


class OwnError(VendorError):
    """A subclass of a user."""


def noted() -> OwnError:
    """Give an error with a response, a note and an attribute of the user's."""
    error = OwnError(errnorm.normalize(b"", status=503), response="the response")
    error.add_note("while agent1001 signed in")
    error.attempt = 2
    return error


def test_a_result_without_a_record_cannot_be_raised():
    """There would be nothing to say: misuse is refused where it happens, in a sentence."""
    with pytest.raises(errnorm.InvalidArgument, match="no error to raise"):
        VendorError(errnorm.normalize(b'{"ok": true}', status=200))


def test_a_notice_alone_can_be_printed():
    """A caller may raise what `is_error` leaves out; it is the record, and `str` says it."""
    notice = errnorm.testing.CHAT_NOTICE
    error = VendorError(errnorm.normalize(notice.body, status=200))

    assert error.record.severity == "info"
    assert str(error) == error.record.summary()


def test_the_record_is_the_first_that_is_an_error():
    """A notice beside an error is not the error, and `str` counts the others."""
    sample = errnorm.testing.CHAT_NOTICE
    notice = errnorm.normalize(sample.body, status=200)
    failed = errnorm.normalize(b"", status=503).first
    error = VendorError(attrs.evolve(notice, records=(notice.first, failed, failed)))

    assert error.record is failed
    assert error.records == (notice.first, failed, failed)
    assert str(error) == f"{failed.summary()} And 2 more."


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda error: pickle.loads(pickle.dumps(error))])
def test_notes_and_own_attributes_stay(again):
    """A traceback in the other process shows the notes as well."""
    made = again(noted())

    assert (type(made), made.result, made.attempt) == (OwnError, noted().result, 2)
    assert made.__notes__ == ["while agent1001 signed in"]
    assert str(made) == str(noted())


def test_the_response_stays_in_a_copy_and_out_of_a_pickle():
    """It holds a connection, which no other process can use."""
    assert copy.copy(noted()).response == "the response"
    assert pickle.loads(pickle.dumps(noted())).response is None
