"""The storefront: routes below /storefront that pages of the shop call with a publishable key."""

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from constructs import Construct

from lambdas.routes import BELOW_STOREFRONT, STOREFRONT_ROUTES
from stacks.functions import LibraryFunction
from stacks.permissions import accept, acknowledge
from stacks.search_api import SearchApi, integration_of, resource_path
from stacks.settings import StackSettings

_BURST = 2  # times the rate: the requests of one page come at once
_PREFLIGHT_KEPT = cdk.Duration.hours(2)  # what browsers keep at most
_REASON = (
    "Shoppers' browsers cannot sign: a publishable key, throttled, opens the reading routes and events of"
    " sessions that the page made up; the functions check the origin and refuse every other user_id."
)


class Storefront(Construct):
    """API Gateway asks for the key and throttles by it; the functions check the rest, so that a page can do
    nothing that is not a shopper's (lambdas/http/callers.py)."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: StackSettings,
        api: SearchApi,
        functions: Mapping[str, LibraryFunction],
    ) -> None:
        super().__init__(scope, construct_id)
        root = api.api.root.add_resource(
            BELOW_STOREFRONT.strip("/"),
            default_cors_preflight_options=apigateway.CorsOptions(
                allow_origins=settings.storefront.split(","),
                allow_methods=sorted({route.method for route in STOREFRONT_ROUTES}),
                allow_headers=["content-type", "x-api-key"],
                max_age=_PREFLIGHT_KEPT,
            ),
        )
        integrations = {name: integration_of(function) for name, function in functions.items()}
        methods = {(resource_path(route), route.method, route.function) for route in STOREFRONT_ROUTES}
        for path, method, name in sorted(methods):
            root.resource_for_path(path.lstrip("/")).add_method(
                method,
                integrations[name],
                api_key_required=True,
                authorization_type=apigateway.AuthorizationType.NONE,
            )
        acknowledge(root, _REASON, "AwsSolutions-APIG4", "AwsSolutions-COG4")
        for node in root.node.find_all():
            if isinstance(node, apigateway.Method):
                accept(node, {"CKV_AWS_59": _REASON})
        self._throttle(api.api, api.url, settings.storefront_rate_per_second)

    def _throttle(self, api: apigateway.RestApi, url: str, rate: int) -> None:
        key = api.add_api_key("StorefrontKey", description="Publishable: in the pages of the shop")
        plan = api.add_usage_plan(
            "StorefrontPlan",
            description="What all pages of the shop together may ask",
            throttle=apigateway.ThrottleSettings(rate_limit=rate, burst_limit=_BURST * rate),
            api_stages=[apigateway.UsagePlanPerApiStage(api=api, stage=api.deployment_stage)],
        )
        plan.add_api_key(key)
        stack = cdk.Stack.of(self)
        cdk.CfnOutput(
            stack,
            "StorefrontKeyId",
            value=key.key_id,
            description="The key itself: aws apigateway get-api-key --include-value --api-key <this>",
        )
        cdk.CfnOutput(
            stack,
            "StorefrontUrl",
            value=f"{url}{BELOW_STOREFRONT.strip('/')}",
            description="What pages of the shop call, with web/embed.js",
        )
