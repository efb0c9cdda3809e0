"""`auth=jwt`: people of a Cognito user pool sign in at its managed page and call the API with their token.

The page is a public client: authorization code with PKCE, no secret.
https://docs.aws.amazon.com/cognito/latest/developerguide/using-pkce-in-authorization-code.html
"""

import json

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cognito as cognito
from constructs import Construct

from lambdas.routes import BROWSER, KINDS, RESOURCE_SERVER, SERVER
from stacks.functions import LibraryFunction
from stacks.permissions import acknowledge
from stacks.settings import StackSettings
from stacks.storage import kept_or_gone

PAGE_SCOPE = "openid"


class SignIn(Construct):
    """The user pool with a group for each kind of caller, clients for the search page and for the shop's
    server, and the authorizer of the API's methods."""

    def __init__(
        self, scope: Construct, construct_id: str, *, page_url: str, settings: StackSettings
    ) -> None:
        super().__init__(scope, construct_id)
        self.pool = self._pool(settings.retain_data)
        self._server = self.pool.add_resource_server(
            "Api",
            identifier=RESOURCE_SERVER,
            scopes=[cognito.ResourceServerScope(scope_name=kind, scope_description=kind) for kind in KINDS],
        )
        self._group_kinds(settings.lambda_architecture)
        self.domain = self.pool.add_domain(
            "Domain",
            cognito_domain=cognito.CognitoDomainOptions(
                domain_prefix=f"object2vec-{self._of_the_stack()}-{cdk.Aws.ACCOUNT_ID}"
            ),
            managed_login_version=cognito.ManagedLoginVersion.NEWER_MANAGED_LOGIN,
        )
        self.client = self._client(page_url)
        self._shop_server()
        cognito.CfnManagedLoginBranding(
            self,
            "Branding",
            user_pool_id=self.pool.user_pool_id,
            client_id=self.client.user_pool_client_id,
            use_cognito_provided_values=True,
        )
        self.authorizer = apigateway.CognitoUserPoolsAuthorizer(
            self, "Authorizer", cognito_user_pools=[self.pool], results_cache_ttl=cdk.Duration.minutes(5)
        )

    @property
    def page_settings(self) -> str:
        """The page's settings for signing in, as JSON; none is secret."""
        host = f"https://{self.domain.domain_name}.auth.{cdk.Aws.REGION}.amazoncognito.com"
        client = self.client.user_pool_client_id
        return json.dumps({"host": host, "client": client, "scope": PAGE_SCOPE})

    def _of_the_stack(self) -> str:
        """Eight letters and digits that follow from the stack's name: a region has each domain once."""
        return cdk.Names.unique_resource_name(self)[-8:].lower()

    def _pool(self, retain: bool) -> cognito.UserPool:
        pool = cognito.UserPool(
            self,
            "People",
            self_sign_up_enabled=False,
            sign_in_aliases=cognito.SignInAliases(email=True),
            account_recovery=cognito.AccountRecovery.EMAIL_ONLY,
            mfa=cognito.Mfa.OPTIONAL,
            mfa_second_factor=cognito.MfaSecondFactor(otp=True, sms=False),
            password_policy=cognito.PasswordPolicy(
                min_length=12,
                require_digits=True,
                require_lowercase=True,
                require_symbols=True,
                require_uppercase=True,
            ),
            feature_plan=cognito.FeaturePlan.ESSENTIALS,
            deletion_protection=retain,
            removal_policy=kept_or_gone(retain),
        )
        acknowledge(
            pool,
            "A second factor is offered, not forced: an administrator invites every person.",
            "AwsSolutions-COG2",
        )
        acknowledge(
            pool,
            "Threat protection costs by the user: feature plan PLUS, the owner's choice.",
            "AwsSolutions-COG8",
        )
        return pool

    def _group_kinds(self, architecture: str) -> None:
        """People in a group get its scope, by a function that Cognito calls before it makes a token."""
        for kind in KINDS:
            if kind != BROWSER:  # everybody who can sign in is of this kind
                name = "".join(word.title() for word in kind.split("-"))
                cognito.CfnUserPoolGroup(self, name, user_pool_id=self.pool.user_pool_id, group_name=kind)
        before = LibraryFunction(
            self,
            "BeforeToken",
            name="sign_in",
            architecture=architecture,
            environment={},
            memory_mb=256,
            timeout=cdk.Duration.seconds(5),  # Cognito waits no longer
        )
        self.pool.add_trigger(
            cognito.UserPoolOperation.PRE_TOKEN_GENERATION_CONFIG,
            before.function,
            cognito.LambdaVersion.V2_0,
        )

    def _shop_server(self) -> None:
        """The shop's own back end signs in as itself, with a secret that its owner reads in Cognito."""
        scope = cognito.ResourceServerScope(scope_name=SERVER, scope_description=SERVER)
        client = self.pool.add_client(
            "ShopServer",
            generate_secret=True,
            access_token_validity=cdk.Duration.hours(1),
            o_auth=cognito.OAuthSettings(
                flows=cognito.OAuthFlows(client_credentials=True),
                scopes=[cognito.OAuthScope.resource_server(self._server, scope)],
            ),
        )
        client.node.add_dependency(self._server)

    def _client(self, page_url: str) -> cognito.UserPoolClient:
        return self.pool.add_client(
            "Page",
            generate_secret=False,
            auth_flows=cognito.AuthFlow(user_srp=True),
            prevent_user_existence_errors=True,
            enable_token_revocation=True,
            access_token_validity=cdk.Duration.hours(1),
            id_token_validity=cdk.Duration.hours(1),
            refresh_token_validity=cdk.Duration.days(1),
            o_auth=cognito.OAuthSettings(
                flows=cognito.OAuthFlows(authorization_code_grant=True),
                scopes=[cognito.OAuthScope.OPENID],
                callback_urls=[page_url],
                logout_urls=[page_url],
            ),
        )
