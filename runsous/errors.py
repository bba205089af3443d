"""Errors are raised low and translated once at each edge (page, API, command, job)."""

from __future__ import annotations

from datetime import datetime


class RunsousError(Exception):
    """Anything this program says in one sentence to the person using it."""


class InputError(RunsousError):
    """What the user gave cannot be used; the message says what is wrong and what to do.

    The message does not name the file: the edge that knows the name puts it in front.
    """


class TooLarge(InputError):
    """A file or archive exceeds a limit; the message names the limit's setting."""


class NotFound(RunsousError):
    """Nothing of that id belongs to this user (whether or not it exists for another)."""


class AlreadyRunning(RunsousError):
    """Another process already serves this home folder."""


class ServiceError(RunsousError):
    """A web service did not do what was asked of it."""


class Unavailable(ServiceError):
    """It could not be reached, or answered nonsense, however often it was asked: try later."""


class RateLimited(ServiceError):
    """It, or its rule that we keep, wants no call before ``retry_at``."""

    def __init__(self, message: str, retry_at: datetime) -> None:
        super().__init__(message)
        self.retry_at = retry_at


class Rejected(ServiceError):
    """It refuses for good; asking again changes nothing until somebody does what is said."""


class UnknownUser(Rejected):
    """It knows nobody by the name that the user gave."""


class NotConnected(Rejected):
    """The user's permission is missing, has ended or was taken back: they must connect again."""


class TooFewScopes(NotConnected):
    """The user let us in, but not far enough."""
