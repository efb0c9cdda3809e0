"""The HTTP API: API Gateway in front of the search function, which owns the routes and their limits."""

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_iam as iam
from aws_cdk import aws_wafv2 as wafv2
from constructs import Construct

from lambdas.routes import KINDS, ROUTES, Route, scope_of
from lambdas.settings import SearchSettings
from object2vec.core import keys
from stacks.functions import LibraryFunction, log_group
from stacks.hosting import EndpointHosting
from stacks.ingestion import LOG_READ
from stacks.permissions import accept, acknowledge, acknowledge_wildcards
from stacks.settings import StackSettings
from stacks.sign_in import SignIn
from stacks.storage import Storage

STAGE = "v1"
_LOG_POLICY = (
    "IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs]"
)
_HEADERS = {
    "Cache-Control": "'no-store'",
    "Referrer-Policy": "'no-referrer'",
    "X-Content-Type-Options": "'nosniff'",
}
"""Headers of API Gateway's own answers, equal to those of the functions' answers (lambdas/http/router.py)."""
PROBLEM = '{"type":"about:blank","title":"$context.error.responseType","detail":$context.error.messageString}'


class SearchApi(Construct):
    """A regional REST API, without CORS. `auth=iam`: callers sign with SigV4, which a browser cannot, so
    there is no page; `auth=jwt`: people sign in at the page, which is served to everybody."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: StackSettings,
        storage: Storage,
        hosting: EndpointHosting,
    ) -> None:
        super().__init__(scope, construct_id)
        self._settings = settings
        self.access_log = log_group(self, "AccessLog") if settings.api_logs != "none" else None
        self.api = self._api()
        self.api.node.try_remove_child("Endpoint")  # an output of its own; the stack has ApiUrl
        self.sign_in = self._sign_in() if settings.auth == "jwt" else None
        self.search = self._search(storage)
        if settings.query_encoder == "endpoint" or hosting.builtin_image:
            hosting.let_ask(self.search.role)
            self.search.tell(SearchSettings.variables(endpoint_prefix=hosting.prefix))
        self._route()
        self._answer_problems()
        self._guard()
        if self.sign_in is None:
            self._let_kinds_call()
        _acknowledge_choices(self.api, self._settings)

    @property
    def url(self) -> str:
        """The API's URL, with a slash at the end. It names the API's id, not its stage: the page's
        client names it, and the stage's methods need that client."""
        if self._settings.domain_name:
            return f"https://{self._settings.domain_name}/"
        host = f"{self.api.rest_api_id}.execute-api.{cdk.Aws.REGION}.{cdk.Aws.URL_SUFFIX}"
        return f"https://{host}/{STAGE}/"

    def _sign_in(self) -> SignIn:
        return SignIn(self, "SignIn", page_url=self.url, settings=self._settings)

    def _search(self, storage: Storage) -> LibraryFunction:
        environment = SearchSettings.variables(store_url=storage.url)
        if self.sign_in:
            page = self.sign_in.page_settings
            environment |= SearchSettings.variables(serve_page=True, sign_in=page)
        search = LibraryFunction(
            self,
            "Search",
            name="search",
            architecture=self._settings.lambda_architecture,
            environment=environment,
            memory_mb=self._settings.search_memory_mb,
            timeout=cdk.Duration.seconds(29),
            scratch=cdk.Size.gibibytes(self._settings.search_tmp_gib),
        )
        storage.let_read(search.role, [*LOG_READ, keys.RELEASES, keys.RULES, keys.SYNONYMS])
        storage.let_write(search.role, [keys.ITEM_LOG, keys.LOG_END, keys.RULES, keys.SYNONYMS])
        return search

    def _logging(self) -> dict[str, Any]:
        """Errors and accesses, both with the role that the account has for API Gateway.

        https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
        """
        if self.access_log is None:
            return {}
        return {
            "logging_level": apigateway.MethodLoggingLevel.ERROR,
            "access_log_destination": apigateway.LogGroupLogDestination(self.access_log),
            "access_log_format": apigateway.AccessLogFormat.json_with_standard_fields(
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
        }

    def _guard(self) -> None:
        """The firewall and the name that the account has for the API."""
        settings, stage = self._settings, self.api.deployment_stage
        if settings.web_acl:
            wafv2.CfnWebACLAssociation(
                self, "Firewall", resource_arn=stage.stage_arn, web_acl_arn=settings.web_acl
            )
        if settings.domain_name:
            certificate = acm.Certificate.from_certificate_arn(
                self, "Certificate", settings.domain_certificate
            )
            domain = self.api.add_domain_name(
                "Domain",
                domain_name=settings.domain_name,
                certificate=certificate,
                endpoint_type=apigateway.EndpointType.REGIONAL,
                security_policy=apigateway.SecurityPolicy.TLS_1_2,
            )
            cdk.CfnOutput(
                cdk.Stack.of(self),
                "DomainTarget",
                value=domain.domain_name_alias_domain_name,
                description=f"Point {settings.domain_name} here (CNAME or alias)",
            )

    def _api(self) -> apigateway.RestApi:
        sets_role = self._settings.api_logs == "own_role"
        return apigateway.RestApi(
            self,
            "Api",
            # metrics are counted by this name: an API of the same name would set off this stack's alarms
            rest_api_name=cdk.Stack.of(self).stack_name,
            description="Search, similar items and recommendations",
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            cloud_watch_role=sets_role,
            cloud_watch_role_removal_policy=cdk.RemovalPolicy.RETAIN if sets_role else None,
            min_compression_size=cdk.Size.kibibytes(1),
            deploy_options=apigateway.StageOptions(
                stage_name=STAGE,
                throttling_rate_limit=self._settings.api_rate_per_second,
                throttling_burst_limit=self._settings.api_burst,
                data_trace_enabled=False,
                **self._logging(),
            ),
        )

    def add_routes(self, function: LibraryFunction) -> None:
        """The methods of the routes that a function answers, each for its kinds of caller; other methods of
        their paths reach the function too, which says what there is."""
        integration = integration_of(function)
        self._let_call(function)
        callers: dict[str, dict[str, set[str]]] = {}
        for route in ROUTES:
            if route.function == function.name:
                methods = callers.setdefault(resource_path(route), {})
                methods.setdefault(route.method, set()).update(route.kinds)
        for path, methods in callers.items():
            resource = self.api.root.resource_for_path(path)
            for method, kinds in (methods | {"ANY": {*KINDS}}).items():
                self._add_method(resource, method, integration, kinds)

    def _let_call(self, function: LibraryFunction) -> None:
        """One statement for all methods: a function's policy holds 20 KB, which one for each comes near.

        https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""
        function.function.add_permission(
            "Api",
            principal=iam.ServicePrincipal("apigateway.amazonaws.com"),
            source_arn=self.api.arn_for_execute_api("*", "/*", STAGE),
        )

    def _route(self) -> None:
        self.add_routes(self.search)
        integration = integration_of(self.search)
        for resource in (self.api.root, self.api.root.add_resource("{proxy+}")):
            self._add_method(resource, "ANY", integration, {*KINDS})
        if self.sign_in:
            files = self.api.root.add_resource("web").add_resource("{proxy+}")
            for resource in (self.api.root, files):
                page = resource.add_method(
                    "GET", integration, authorization_type=apigateway.AuthorizationType.NONE
                )
                reason = "The sign-in page must reach people before they have signed in; it holds no data."
                acknowledge(page, reason, "AwsSolutions-APIG4", "AwsSolutions-COG4")
                accept(page, {"CKV_AWS_59": reason})

    def _add_method(
        self,
        resource: apigateway.IResource,
        method: str,
        integration: apigateway.AwsIntegration,
        kinds: set[str],
    ) -> None:
        if self.sign_in is None:
            iam_signed = apigateway.AuthorizationType.IAM
            resource.add_method(method, integration, authorization_type=iam_signed)
        else:
            resource.add_method(
                method,
                integration,
                authorization_type=apigateway.AuthorizationType.COGNITO,
                authorizer=self.sign_in.authorizer,
                authorization_scopes=[scope_of(kind) for kind in sorted(kinds)],
            )

    def _let_kinds_call(self) -> None:
        """`auth=iam`: a managed policy for each kind of caller, to attach to its role or user."""
        for kind in KINDS:
            name = "".join(word.title() for word in kind.split("-"))
            resources = {
                self.api.arn_for_execute_api(
                    r.method, f"/{r.below.strip('/')}/*" if r.below else r.path, STAGE
                )
                for r in ROUTES
                if kind in r.kinds
            }
            policy = iam.ManagedPolicy(
                self,
                f"{name}Policy",
                description=f"Calls the API of {cdk.Stack.of(self).stack_name} as {kind}",
                statements=[iam.PolicyStatement(actions=["execute-api:Invoke"], resources=sorted(resources))],
            )
            acknowledge_wildcards(policy, resources, "Ids of items and users follow the route's path.")
            cdk.CfnOutput(
                cdk.Stack.of(self),
                f"{name}PolicyArn",
                value=policy.managed_policy_arn,
                description=f"Attach it to whoever calls as {kind}",
            )

    def _answer_problems(self) -> None:
        """Gives API Gateway's own refusals the form of the function's errors (RFC 9457). With a storefront
        any page may read them, as it must know why it was refused; they hold no data."""
        shared = {"Access-Control-Allow-Origin": "'*'"} if self._settings.storefront else {}
        for name, kind in (
            ("Refused", apigateway.ResponseType.DEFAULT_4_XX),
            ("Failed", apigateway.ResponseType.DEFAULT_5_XX),
        ):
            self.api.add_gateway_response(
                name,
                type=kind,
                response_headers={"Content-Type": "'application/problem+json'", **_HEADERS, **shared},
                templates={"application/json": PROBLEM},
            )


def resource_path(route: Route) -> str:
    """The path of a route's resource: ids may hold slashes, so they and what follows are one part."""
    return f"{route.below}{{proxy+}}" if route.below else route.path


def integration_of(function: LibraryFunction) -> apigateway.AwsIntegration:
    """The function behind a method, which `SearchApi.add_routes` lets the API call."""
    return apigateway.AwsIntegration(
        service="lambda",
        proxy=True,
        path=f"2015-03-31/functions/{function.function.function_arn}/invocations",
        options=apigateway.IntegrationOptions(timeout=cdk.Duration.seconds(29)),
    )


def _acknowledge_choices(api: apigateway.RestApi, settings: StackSettings) -> None:
    """Acknowledges cdk-nag's findings at the API, with the reasons."""
    for finding, reason in {
        "APIG2": "The function validates every request and answers problem+json that names the field.",
        "APIG3": "Requests are authorised, throttled and logged; a web firewall is the account's choice.",
        "COG4": "Callers are AWS principals that sign their requests (auth=iam), not a user pool's people.",
        _LOG_POLICY: "API Gateway logs with one role an account, and AWS made this policy for it.",
    }.items():
        acknowledge(api, reason, f"AwsSolutions-{finding}")
    tracing = "One function answers; its logs carry API Gateway's request id, so a trace would add nothing."
    caching = "Answers differ by caller and change within seconds."
    if settings.api_logs == "none":
        silent = "The deployment chose api_logs=none; the functions log what they refuse and what fails."
        acknowledge(api, silent, "AwsSolutions-APIG1", "AwsSolutions-APIG6")
        accept(api.deployment_stage, {"CKV_AWS_76": silent})
    accept(api.deployment_stage, {"CKV_AWS_73": tracing, "CKV_AWS_120": caching})
