"""`images=public`: the copies of pictures behind CloudFront, where every browser and proxy may keep them.

A signed address is another one each hour, so nothing can be kept under it; an open one stays. The bucket
itself stays closed: CloudFront signs what it asks for (origin access control), and may read the copies alone.
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html
"""

import aws_cdk as cdk
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_iam as iam
from constructs import Construct

from lambdas.settings import SearchSettings
from object2vec.core.keys import SHOWN_PICTURES
from stacks.functions import LibraryFunction
from stacks.permissions import accept, acknowledge
from stacks.storage import Storage

CACHED_FOR = cdk.Duration.days(365)
"""A copy's name is the hash of its content: under one name nothing ever changes."""
SERVICE = "cloudfront.amazonaws.com"
_NAME = "A name of your own needs a certificate in us-east-1; without one CloudFront's certificate decides."
_REASONS = {
    "AwsSolutions-CFR1": "A shop shows its pictures to everybody who may see its pages.",
    "AwsSolutions-CFR2": "It serves copies of pictures, and nothing is computed for a request.",
    "AwsSolutions-CFR3": "Who looked at which picture is personal data that nobody reads.",
    "AwsSolutions-CFR4": _NAME,
}
_CHECKS = {
    "CKV_AWS_68": _REASONS["AwsSolutions-CFR2"],
    "CKV_AWS_86": _REASONS["AwsSolutions-CFR3"],
    "CKV_AWS_174": _NAME,
    "CKV_AWS_305": "There is no page at the root.",
    "CKV_AWS_310": "One bucket is the only origin.",
    "CKV_AWS_374": _REASONS["AwsSolutions-CFR1"],
    "CKV2_AWS_47": _REASONS["AwsSolutions-CFR2"],
}


class PictureSite(Construct):
    """A distribution in front of `pictures/shown/`."""

    def __init__(self, scope: Construct, construct_id: str, *, storage: Storage) -> None:
        super().__init__(scope, construct_id)
        self.distribution = cloudfront.Distribution(
            self,
            "Site",
            comment="object2vec: pictures of hits",
            default_behavior=cloudfront.BehaviorOptions(
                origin=origins.S3BucketOrigin.with_bucket_defaults(
                    storage.bucket,
                    origin_path=f"/{SHOWN_PICTURES.rstrip('/')}",
                    origin_access_control_id=self._access().attr_id,
                ),
                viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
                cache_policy=cloudfront.CachePolicy.CACHING_OPTIMIZED,
                compress=False,
                response_headers_policy=self._headers(),
            ),
            http_version=cloudfront.HttpVersion.HTTP2_AND_3,
            price_class=cloudfront.PriceClass.PRICE_CLASS_100,
        )
        self._let_read(storage)
        for finding, reason in _REASONS.items():
            acknowledge(self.distribution, reason, finding)
        accept(self.distribution, _CHECKS)

    def address(self, function: LibraryFunction) -> None:
        """Tells the search function where the pictures of its hits are."""
        function.tell(SearchSettings.variables(images_url=f"https://{self.distribution.domain_name}/"))

    def _headers(self) -> cloudfront.ResponseHeadersPolicy:
        """Any page may show them, and keep them."""
        kept = f"public, max-age={CACHED_FOR.to_seconds():.0f}, immutable"
        return cloudfront.ResponseHeadersPolicy(
            self,
            "Headers",
            response_headers_policy_name=self._name(),
            custom_headers_behavior=cloudfront.ResponseCustomHeadersBehavior(
                custom_headers=[
                    cloudfront.ResponseCustomHeader(header=name, value=value, override=True)
                    for name, value in (
                        ("Cache-Control", kept),
                        ("Cross-Origin-Resource-Policy", "cross-origin"),
                    )
                ]
            ),
            security_headers_behavior=cloudfront.ResponseSecurityHeadersBehavior(
                content_type_options=cloudfront.ResponseHeadersContentTypeOptions(override=True)
            ),
        )

    def _access(self) -> cloudfront.CfnOriginAccessControl:
        """Lets CloudFront read the copies alone. CDK's own switch would open the whole bucket, events too."""
        return cloudfront.CfnOriginAccessControl(
            self,
            "Access",
            origin_access_control_config=cloudfront.CfnOriginAccessControl.OriginAccessControlConfigProperty(
                name=self._name(),
                origin_access_control_origin_type="s3",
                signing_behavior="always",
                signing_protocol="sigv4",
            ),
        )

    def _name(self) -> str:
        """CloudFront has each name once an account: another region's stack of the same name needs another."""
        return f"{cdk.Names.unique_resource_name(self, max_length=40)}-{cdk.Aws.REGION}"

    def _let_read(self, storage: Storage) -> None:
        storage.bucket.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal(SERVICE)],
                actions=["s3:GetObject"],
                resources=[storage.bucket.arn_for_objects(f"{SHOWN_PICTURES}*")],
                conditions={"StringEquals": {"aws:SourceArn": self.distribution.distribution_arn}},
            )
        )
