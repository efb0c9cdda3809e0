"""With ten executions for everything, as new accounts have: no message is given up that nobody has tried.

A model of the pollers of Lambda. Whoever takes a message off a queue has received it, and tries to start the
function until the message would be seen again. Each time counts as a receive; after so many it is set aside.
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
"""

import random
from dataclasses import dataclass, field

import pytest

from tests.helpers.deployed_account import DeployedAccount

TICK_S = 30
EXECUTIONS = 10
MESSAGES = 30
EVERYTHING = {"retrain_after_interactions": "9", "alarm_email": "a@example.com"}


@dataclass
class Message:
    """`until`: when it is seen again."""

    receives: int = 0
    tried: bool = False
    until: float = 0.0


@dataclass
class Fed:
    """A queue, as the template makes it, and the function behind it."""

    name: str
    visibility_s: float
    attempts: int
    timeout_s: float
    at_once: int
    messages: list[Message] = field(default_factory=list)
    running: list[float] = field(default_factory=list)
    """Time when each execution ends."""


@pytest.fixture(scope="module")
def queues(deployed_with):
    account = DeployedAccount(deployed_with(**EVERYTHING).template)
    by_arn = {account.arn(name): name for name in account.all("AWS::SQS::Queue")}
    functions = {account.name(name): name for name in account.all("AWS::Lambda::Function")}
    found = []
    for mapping in account.all("AWS::Lambda::EventSourceMapping"):
        source = account.properties(mapping)
        queue = account.properties(by_arn[source["EventSourceArn"]])
        function = account.properties(functions[source["FunctionName"]])
        at_once = source.get("ScalingConfig", {}).get("MaximumConcurrency", 1)
        attempts = queue["RedrivePolicy"]["maxReceiveCount"]
        found.append(
            (
                by_arn[source["EventSourceArn"]],
                queue["VisibilityTimeout"],
                attempts,
                function["Timeout"],
                at_once,
            )
        )
    assert len(found) == 7
    return found


def day(queues, chance, api_share):
    """Plays a day; `api_share` of the executions answer the API all the time. Yields the queue of each
    message that was given up untried."""
    fed = [Fed(*queue, messages=[Message() for _ in range(MESSAGES)]) for queue in queues]
    for now in range(0, 86_400, TICK_S):
        free = EXECUTIONS - sum(chance.random() < api_share for _ in range(EXECUTIONS))
        for queue in fed:
            queue.running = [end for end in queue.running if end > now]
        free -= sum(len(queue.running) for queue in fed)
        for queue in chance.sample(fed, len(fed)):
            room = queue.at_once - len(queue.running)
            for message in [m for m in queue.messages if not m.tried][: queue.at_once]:
                if message.until <= now:
                    message.receives += 1
                    message.until = now + queue.visibility_s
                    if message.receives > queue.attempts:
                        yield queue.name
                        message.tried = True
                if room > 0 and free > 0:
                    message.tried = True
                    free, room = free - 1, room - 1
                    queue.running.append(now + chance.uniform(1, queue.timeout_s))


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("api_share", [0.0, 0.6, 0.8])
def test_nothing_is_given_up_untried(queues, seed, api_share):
    assert list(day(queues, random.Random(seed), api_share)) == []


def test_the_model_can_lose_messages(queues):
    """With a visibility of one time-out and three receives, as it once was, it does."""
    hasty = [(name, timeout, 3, timeout, at_once) for name, _, _, timeout, at_once in queues]
    assert list(day(hasty, random.Random(1), 0.95))
