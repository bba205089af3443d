"""Downloads of one activity: GPX with songs, CSV of the songs, CSV of the samples."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from runsous.reports import export
from runsous.web.api.activities import Id
from runsous.web.api.context import Conn, User

router = APIRouter(tags=["downloads"])


def _download(content: str, media_type: str) -> Response:
    # Named by whoever asks: the link on the page tells a better name than could be told here.
    return Response(content, media_type=media_type, headers={"Content-Disposition": "attachment"})


@router.get(
    "/activities/{activity_id}/songs.gpx",
    response_class=Response,
    responses={200: {"content": {"application/gpx+xml": {}}}},
)
def get_gpx(conn: Conn, user: User, activity_id: Id) -> Response:
    """The route as GPX 1.1: a waypoint where each song starts, the song with each point."""
    return _download(export.gpx(conn, user, activity_id), "application/gpx+xml")


@router.get(
    "/activities/{activity_id}/songs.csv",
    response_class=Response,
    responses={200: {"content": {"text/csv": {}}}},
)
def get_songs_csv(conn: Conn, user: User, activity_id: Id) -> Response:
    """One row per song segment with its metrics."""
    return _download(export.songs_csv(conn, user, activity_id), "text/csv")


@router.get(
    "/activities/{activity_id}/samples.csv",
    response_class=Response,
    responses={200: {"content": {"text/csv": {}}}},
)
def get_samples_csv(conn: Conn, user: User, activity_id: Id) -> Response:
    """One row per sample with the song that played."""
    return _download(export.samples_csv(conn, user, activity_id), "text/csv")
