"""The requests and answers of the events API, as models."""

from typing import Annotated, Literal

from pydantic import Field

from lambdas.http.models import Id, Input, Output
from object2vec.core.identifiers import MAX_ID
from object2vec.users.service import MAX_EVENTS


class EventBody(Input):
    """Something a shopper did."""

    event_id: Annotated[
        Id,
        Field(description="Yours, unique for the user: sent again, it counts once.", examples=["order-17/1"]),
    ]
    user_id: Annotated[Id, Field(examples=["2375"])]
    item_id: Annotated[Id, Field(description="Need not be in the catalogue yet.", examples=["829594"])]
    event_type: Annotated[str | None, Field(max_length=MAX_ID, examples=["purchase"])] = None
    value: Annotated[float | None, Field(description="A rating or a quantity, say.", examples=[2])] = None
    timestamp: Annotated[
        int | float | Annotated[str, Field(max_length=40)] | None,
        Field(
            description="Epoch seconds or ISO 8601, at most five minutes ahead; now if left out.",
            examples=["2026-11-24T12:00:00Z"],
        ),
    ] = None


class EventsBody(Input):
    """Events of any number of shoppers; all are kept, or none."""

    events: Annotated[list[EventBody], Field(min_length=1, max_length=MAX_EVENTS)]

    def users(self) -> list[str]:
        """The users of the events."""
        return [event.user_id for event in self.events]


class EventsRecorded(Output):
    """The events are durable, and part of their users' next answers."""

    accepted: Annotated[int, Field(description="Events kept, those of earlier calls among them.")]
    unknown_items: Annotated[
        list[str] | None,
        Field(description="Items the catalogue does not have; null where it could not be read just now."),
    ]


class ErasedData(Output):
    """Data that were erased."""

    session_events: Annotated[int, Field(description="From the session store: at once.")]
    logged_events: Annotated[int, Field(description="From the event log.")]
    curated_rows: Annotated[dict[str, int], Field(description="Rows by file of training data.")]
    history_files: list[str]


class RemainingData(Output):
    """Places where the person may still be found."""

    model: Annotated[
        str | None,
        Field(description="The live model, trained with the person's events: until the next training."),
    ]
    uploads: Annotated[list[str], Field(description="Uploads with the person's rows: mend or delete them.")]
    verbatim: Annotated[
        list[str],
        Field(
            description="Quarantine files and reports that show the id: delete or mend them. What was typed"
            " into the search field leaves the functions' logs after 30 days."
        ),
    ]
    datasets: Annotated[
        list[str],
        Field(description="What earlier trainings were made from, which may hold the person: they expire."),
    ]


class ErasureReport(Output):
    """State of an erasure."""

    status: Annotated[
        Literal["none", "scheduled", "done"],
        Field(description="scheduled: forgotten by every answer, the stored data follow within minutes."),
    ]
    requested_at: Annotated[int | None, Field(description="Epoch seconds.")] = None
    finished_at: int | None = None
    removed: ErasedData | None = None
    left: RemainingData | None = None
    report: Annotated[str | None, Field(description="Key in the bucket of the report once it is done.")] = (
        None
    )
