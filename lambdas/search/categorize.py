"""`POST /categorize`: the categories of a text, with probabilities."""

from typing import Annotated

from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.event_handler.openapi.params import Body
from pydantic import Field

from lambdas.search.models import Input
from lambdas.search.replies import Output
from object2vec.ingest.problems import MAX_TEXT
from object2vec.search.index import MAX_LIMIT
from object2vec.search.service import SearchService

DEFAULT_CATEGORIES = 5


class CategorizeRequest(Input):
    """A text to find the category of."""

    text: Annotated[
        str, Field(min_length=1, max_length=MAX_TEXT, examples=["Frozen pizza, four cheese, 12 oz"])
    ]
    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT, description="Categories to answer with.")] = (
        DEFAULT_CATEGORIES
    )


class Category(Output):
    """A category of the catalogue."""

    category: str
    probability: Annotated[
        float, Field(ge=0, le=1, description="Calibrated; all categories together have 1.", examples=[0.93])
    ]


class CategorizeAnswer(Output):
    """The likeliest categories."""

    categories: Annotated[
        list[Category], Field(description="Likeliest first; none where the model knows no word of the text.")
    ]
    field: Annotated[str, Field(description="The metadata field they are values of.", examples=["category"])]
    model_version: str


def add_categorize(app: APIGatewayRestResolver, service: SearchService) -> None:
    """Adds the route."""

    @app.post("/categorize", summary="Predict a text's category", tags=["categories"])
    def categorize(body: Annotated[CategorizeRequest, Body()]) -> CategorizeAnswer:
        return CategorizeAnswer.model_validate(service.categorise(body.text, body.limit))
