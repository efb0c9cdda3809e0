"""A tiny encoder with a known right answer: one dimension per topic word, so similarity can be read off."""

from collections.abc import Sequence

import numpy as np

from object2vec.core.catalog import CatalogItem

TOPICS = ("pizza", "cheese", "cola", "soap", "cat", "dog", "snack", "bread")
SYNONYMS = {"margherita": "pizza", "mozzarella": "cheese", "soda": "cola", "kitten": "cat", "puppy": "dog"}


class TopicEncoder:
    """`Encoder` that counts topic words; synonyms share a dimension, so it knows more than words do."""

    version = "topics-1"
    dim = len(TOPICS)

    def encode_queries(self, texts: Sequence[str]) -> np.ndarray:
        return np.array([self._vector(text) for text in texts], np.float32).reshape(-1, self.dim)

    def encode_items(self, items: Sequence[CatalogItem]) -> np.ndarray:
        return self.encode_queries([item.text for item in items])

    def encode_sessions(self, sessions: Sequence[Sequence[CatalogItem]]) -> np.ndarray:
        return self.encode_queries([" ".join(item.text for item in session) for session in sessions])

    def _vector(self, text: str) -> np.ndarray:
        vector = np.zeros(self.dim)
        for word in [SYNONYMS.get(word, word) for word in text.lower().split()]:
            if word in TOPICS:
                vector[TOPICS.index(word)] += 1
        norm = np.linalg.norm(vector)
        return vector / norm if norm else vector


SHOP = [
    CatalogItem(
        "p1", "Frozen pizza cheese", {"category": "Pizza", "price": 5.0, "brand": "A", "sku": "PZ-100/x"}
    ),
    CatalogItem("p2", "Fresh pizza margherita", {"category": "Pizza", "price": 9.5, "brand": "B"}),
    CatalogItem("p3", "Grated mozzarella", {"category": "Cheese", "price": 3, "brand": "A"}),
    CatalogItem("c1", "Diet cola bottle", {"category": "Drinks", "price": 2.0, "tags": ["cold", "sweet"]}),
    CatalogItem(
        "c2", "Cherry soda can", {"category": "Drinks", "price": 1.5, "brand": "B", "tags": ["cold"]}
    ),
    CatalogItem("s1", "Hand soap", {"category": "Care", "stock": True}),
    CatalogItem("k1", "Dry cat snack", {"category": "Pets", "price": 12.0, "stock": False, "brand": "C"}),
    CatalogItem("k2", "Kitten snack tuna", {"category": "Pets", "price": 11.0, "brand": "C"}),
]
POPULARITY = {"c1": 50.0, "p1": 30.0, "k1": 10.0, "s1": 5.0, "gone": 99.0}
