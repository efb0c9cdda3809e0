from object2vec.core.event import Event


def event(event_id: str, item: str = "i", time: int = 100, user: str = "u") -> Event:
    return Event(event_id, user, item, time)
