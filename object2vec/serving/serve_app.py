"""The Ray Serve application of the endpoint image: SM_RAYSERVE_APP=object2vec.serving.serve_app:app.

The image forwards /invocations to `POST /` of this application and /ping to Ray's own health check.
It has no pydantic-settings: the two variables, which SageMaker sets, are read as they are.
"""

import logging
import os
import sys
from pathlib import Path
from typing import Any

from ray import serve
from starlette.requests import Request
from starlette.responses import Response

from object2vec.serving.app import answer, load_predictor, requests_log


class ObjectEmbeddings:
    """One replica: one model in memory."""

    def __init__(self, model_folder: str) -> None:
        mode = os.environ.get("INFERENCE_PREFERRED_MODE", "")
        self._predictor = load_predictor(Path(model_folder), mode)
        requests_log.setLevel(logging.INFO)
        requests_log.addHandler(logging.StreamHandler(sys.stdout))

    async def __call__(self, request: Request) -> Response:
        return await answer(self._predictor, request)


deployment: Any = serve.deployment(ObjectEmbeddings)
app: Any = deployment.bind(os.environ.get("SM_MODEL_DIR", "/opt/ml/model"))
