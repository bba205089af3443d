"""Errors are raised low and translated once at each edge (page, API, command, job)."""


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
