"""Takes the place of the serving container: `serve_model.py MODEL_FOLDER PORT`.

PYTHONPATH names the model's own `code/`, so what is imported here is what the archive brought along.
"""

import sys
from pathlib import Path

import uvicorn

from object2vec.model.retrieval.encoder import load_encoder
from object2vec.serving.app import create_app
from object2vec.serving.predictor import Predictor

model, port = Path(sys.argv[1]), int(sys.argv[2])
if not Path(sys.modules["object2vec"].__file__ or "").is_relative_to(model):
    sys.exit("object2vec is not the one of the model's archive")
uvicorn.run(create_app(Predictor(load_encoder(model))), port=port, log_level="warning")
