"""Labelled pairs, `{"label": 0, "in0": [ints], "in1": [ints]}`: what uploads and training agree on.

https://docs.aws.amazon.com/sagemaker/latest/dg/object2vec-training-formats.html
"""

CHANNELS = ("train", "validation", "test")
"""Folders of `uploads/pairs/`, and channels of the training."""
MAX_TOKEN = 2_999_999
"""The largest id: AWS's vocabularies have at most 3,000,000 tokens."""
MAX_TOKENS = 5_000
"""Tokens of a sequence, at most, as AWS has it."""
