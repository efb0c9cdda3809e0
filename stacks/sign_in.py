"""`auth=jwt`: people of a Cognito user pool sign in at its managed page and call the API with their token.

The page is a public client: authorization code with PKCE, no secret.
https://docs.aws.amazon.com/cognito/latest/developerguide/using-pkce-in-authorization-code.html
"""

import json

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cognito as cognito
from constructs import Construct

from stacks.permissions import acknowledge
from stacks.storage import kept_or_gone

SCOPE = "openid"


class SignIn(Construct):
    """The user pool, its client for the search page, and the authorizer of the API's methods."""

    def __init__(self, scope: Construct, construct_id: str, *, page_url: str, retain: bool) -> None:
        super().__init__(scope, construct_id)
        self.pool = self._pool(retain)
        self.domain = self.pool.add_domain(
            "Domain",
            cognito_domain=cognito.CognitoDomainOptions(
                domain_prefix=f"object2vec-{self.node.addr[-8:]}-{cdk.Aws.ACCOUNT_ID}"
            ),
            managed_login_version=cognito.ManagedLoginVersion.NEWER_MANAGED_LOGIN,
        )
        self.client = self._client(page_url)
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
        """What the page needs to sign somebody in, as JSON; nothing of it is secret."""
        host = f"https://{self.domain.domain_name}.auth.{cdk.Aws.REGION}.amazoncognito.com"
        client = self.client.user_pool_client_id
        return json.dumps({"host": host, "client": client, "scope": SCOPE})

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
