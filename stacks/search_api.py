"""The HTTP API: API Gateway in front of the search function, which owns the routes and their limits."""

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from constructs import Construct

from lambdas.settings import SearchSettings
from stacks.findings import accept
from stacks.functions import LibraryFunction, log_group
from stacks.hosting import EndpointHosting
from stacks.ingestion import LOG_END
from stacks.permissions import acknowledge
from stacks.sign_in import SCOPE, SignIn
from stacks.storage import Storage

RULES = "rules/rules.json"
RATE_PER_SECOND = 50
BURST = 100
STAGE = "v1"
_LOG_POLICY = (
    "IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs]"
)
PROBLEM = '{"type":"about:blank","title":"$context.error.responseType","detail":$context.error.messageString}'


class SearchApi(Construct):
    """A regional REST API, without CORS. `auth=iam`: callers sign with SigV4, which a browser cannot, so
    there is no page; `auth=jwt`: people sign in at the page, which is served to everybody."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        storage: Storage,
        hosting: EndpointHosting,
        architecture: str,
        query_encoder: str,
        auth: str,
        retain: bool,
    ) -> None:
        super().__init__(scope, construct_id)
        self.access_log = log_group(self, "AccessLog")
        self.api = self._api()
        self.api.node.try_remove_child("Endpoint")  # an output of its own; the stack has ApiUrl
        self.sign_in = SignIn(self, "SignIn", page_url=self.url, retain=retain) if auth == "jwt" else None
        self.search = self._search(storage, architecture)
        if query_encoder == "endpoint" or hosting.builtin_image:
            hosting.let_ask(self.search.role)
            self.search.tell(SearchSettings.variables(endpoint_prefix=hosting.prefix))
        self.search.tell(SearchSettings.variables(query_encoder=query_encoder))
        self._route()
        self._answer_problems()
        _acknowledge_choices(self.api)

    @property
    def url(self) -> str:
        """Where the API answers, with a slash at the end. By the API's id, not by its stage: the page's
        client names it, and the stage's methods need that client."""
        host = f"{self.api.rest_api_id}.execute-api.{cdk.Aws.REGION}.{cdk.Aws.URL_SUFFIX}"
        return f"https://{host}/{STAGE}/"

    def _search(self, storage: Storage, architecture: str) -> LibraryFunction:
        environment = SearchSettings.variables(store_url=storage.url)
        if self.sign_in:
            page = self.sign_in.page_settings
            environment |= SearchSettings.variables(serve_page=True, sign_in=page)
        search = LibraryFunction(
            self,
            "Search",
            name="search",
            architecture=architecture,
            environment=environment,
            memory_mb=2048,
            timeout=cdk.Duration.seconds(29),
            scratch=cdk.Size.gibibytes(2),
        )
        storage.let_read(search.role, ["item-log/", "catalog/", "releases/", RULES])
        storage.let_write(search.role, ["item-log/", LOG_END, RULES])
        return search

    def _api(self) -> apigateway.RestApi:
        return apigateway.RestApi(
            self,
            "Api",
            # metrics are counted by this name: that of another stack's API would ring this stack's alarms
            rest_api_name=cdk.Stack.of(self).stack_name,
            description="Search, similar items and recommendations",
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            cloud_watch_role=True,
            cloud_watch_role_removal_policy=cdk.RemovalPolicy.RETAIN,
            min_compression_size=cdk.Size.kibibytes(1),
            deploy_options=apigateway.StageOptions(
                stage_name=STAGE,
                throttling_rate_limit=RATE_PER_SECOND,
                throttling_burst_limit=BURST,
                metrics_enabled=True,
                logging_level=apigateway.MethodLoggingLevel.ERROR,
                data_trace_enabled=False,
                access_log_destination=apigateway.LogGroupLogDestination(self.access_log),
                access_log_format=apigateway.AccessLogFormat.json_with_standard_fields(
                    caller=True,
                    http_method=True,
                    ip=True,
                    protocol=True,
                    request_time=True,
                    resource_path=True,
                    response_length=True,
                    status=True,
                    user=True,
                ),
            ),
        )

    def _route(self) -> None:
        integration = apigateway.LambdaIntegration(
            self.search.function, proxy=True, allow_test_invoke=False, timeout=cdk.Duration.seconds(29)
        )
        known = self.known_callers()
        self.api.root.add_method(
            "ANY",
            integration,
            authorization_type=known.authorization_type,
            authorizer=known.authorizer,
            authorization_scopes=known.authorization_scopes,
        )
        if self.sign_in:
            page = self.api.root.add_method(
                "GET", integration, authorization_type=apigateway.AuthorizationType.NONE
            )
            reason = "The sign-in page must reach people before they have signed in; it holds no data."
            acknowledge(page, reason, "AwsSolutions-APIG4", "AwsSolutions-COG4")
            accept(page, {"CKV_AWS_59": reason})
        self.api.root.add_proxy(
            any_method=True, default_integration=integration, default_method_options=known
        )

    def known_callers(self) -> apigateway.MethodOptions:
        """How a route asks who calls."""
        if self.sign_in is None:
            return apigateway.MethodOptions(authorization_type=apigateway.AuthorizationType.IAM)
        return apigateway.MethodOptions(
            authorization_type=apigateway.AuthorizationType.COGNITO,
            authorizer=self.sign_in.authorizer,
            authorization_scopes=[SCOPE],
        )

    def _answer_problems(self) -> None:
        """What API Gateway refuses itself has the shape of the function's own errors (RFC 9457)."""
        for name, kind in (
            ("Refused", apigateway.ResponseType.DEFAULT_4_XX),
            ("Failed", apigateway.ResponseType.DEFAULT_5_XX),
        ):
            self.api.add_gateway_response(
                name,
                type=kind,
                response_headers={"Content-Type": "'application/problem+json'"},
                templates={"application/json": PROBLEM},
            )


def _acknowledge_choices(api: apigateway.RestApi) -> None:
    """What cdk-nag finds at the API and why it is so."""
    for finding, reason in {
        "APIG2": "The function validates every request and answers problem+json that names the field.",
        "APIG3": "Requests are authorised, throttled and logged; a web firewall is the account's choice.",
        "COG4": "Callers are AWS principals that sign their requests (auth=iam), not a user pool's people.",
        _LOG_POLICY: "API Gateway logs with one role an account, and AWS made this policy for it.",
    }.items():
        acknowledge(api, reason, f"AwsSolutions-{finding}")
    tracing = "One function answers; its logs carry API Gateway's request id, so a trace would add nothing."
    caching = "Answers differ by caller and change within seconds."
    accept(api.deployment_stage, {"CKV_AWS_73": tracing, "CKV_AWS_120": caching})
