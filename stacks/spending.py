"""A monthly budget over the account: announced by mail; when it is spent, a guard removes the endpoints.

Budgets are evaluated on billing data that AWS updates a few times a day, hours late: a brake, not a limit.
https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-best-practices.html
"""

import aws_cdk as cdk
from aws_cdk import aws_budgets as budgets
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from lambdas.settings import CostGuardSettings
from object2vec.core.keys import RELEASES
from stacks.functions import LibraryFunction
from stacks.hosting import EndpointHosting
from stacks.observability import topic_of
from stacks.queues import undelivered
from stacks.storage import Storage

Subscriber = budgets.CfnBudget.SubscriberProperty


class Spending(Construct):
    """Mails at 80 % and when the forecast passes the budget; at 100 % the endpoints go."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        monthly_usd: int,
        email: str,
        storage: Storage,
        hosting: EndpointHosting,
        architecture: str,
    ) -> None:
        super().__init__(scope, construct_id)
        mail = Subscriber(address=email, subscription_type="EMAIL")
        at_limit = [mail]
        if hosting.exists:
            spent = topic_of(self, "Spent", "budgets.amazonaws.com")
            spent.add_subscription(
                subscriptions.LambdaSubscription(
                    self._guard(storage, hosting, architecture).function, dead_letter_queue=undelivered(self)
                )
            )
            at_limit.append(Subscriber(address=spent.topic_arn, subscription_type="SNS"))
        budgets.CfnBudget(
            self,
            "Budget",
            budget=budgets.CfnBudget.BudgetDataProperty(
                budget_type="COST",
                time_unit="MONTHLY",
                budget_limit=budgets.CfnBudget.SpendProperty(amount=monthly_usd, unit="USD"),
            ),
            notifications_with_subscribers=[
                _notification("ACTUAL", 80, [mail]),
                _notification("FORECASTED", 100, [mail]),
                _notification("ACTUAL", 100, at_limit),
            ],
        )

    def _guard(self, storage: Storage, hosting: EndpointHosting, architecture: str) -> LibraryFunction:
        guard = LibraryFunction(
            self,
            "CostGuard",
            name="cost_guard",
            architecture=architecture,
            environment=CostGuardSettings.variables(store_url=storage.url) | hosting.environment,
            memory_mb=256,
            timeout=cdk.Duration.minutes(1),
        )
        guard.set_aside_in(undelivered(self))  # the topic would not wait for it by itself
        storage.let_read(guard.role, [RELEASES])
        storage.let_write(guard.role, [f"{RELEASES}*.endpoint.json"])  # why a model has no endpoint
        hosting.let_remove(guard.role)
        return guard


def _notification(
    kind: str, percent: int, subscribers: list[Subscriber]
) -> budgets.CfnBudget.NotificationWithSubscribersProperty:
    return budgets.CfnBudget.NotificationWithSubscribersProperty(
        notification=budgets.CfnBudget.NotificationProperty(
            comparison_operator="GREATER_THAN", notification_type=kind, threshold=percent
        ),
        subscribers=subscribers,
    )
