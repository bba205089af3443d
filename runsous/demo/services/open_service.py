"""What all simulated services have in common that tell everybody the same of recordings."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from runsous.demo.services.calls import Call
from runsous.demo.services.catalogue import Catalogue
from runsous.demo.services.desk import Desk, Office
from runsous.demo.services.faults import Fault
from runsous.demo.services.world import ServiceName


class OpenService:
    """A service to which nobody signs in."""

    name: ServiceName

    def __init__(self, office: Office, catalogue: Catalogue) -> None:
        self._office = office
        self._catalogue = catalogue
        self._desk = Desk(self, office)

    def who(self, _: Request) -> None:
        """Nobody's data is asked for."""

    def refuse(self, _fault: Fault, _call: Call) -> Response | None:
        """It has no words of its own for any fault, unless it says so."""
        return None

    def expire(self, person: str) -> None:
        """There are no tokens."""

    def revoke(self, person: str) -> None:
        """There are no permissions."""
