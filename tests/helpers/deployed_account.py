"""A synthesised template as one account would hold it: references resolved to names and ARNs."""

import re
from dataclasses import dataclass
from typing import Any

ACCOUNT, REGION = "123456789012", "eu-central-1"
_PSEUDO = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Region": REGION,
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::StackName": "Object2Vec",
    "AWS::StackId": f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/Object2Vec/0b0a1e6e-5a1f",
}
_ARNS = {
    "AWS::S3::Bucket": "arn:aws:s3:::{name}",
    "AWS::IAM::Role": f"arn:aws:iam::{ACCOUNT}:role/{{name}}",
    "AWS::SQS::Queue": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{{name}}",
    "AWS::SNS::Topic": f"arn:aws:sns:{REGION}:{ACCOUNT}:{{name}}",
    "AWS::Lambda::Function": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{{name}}",
    "AWS::Logs::LogGroup": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{{name}}:*",
    "AWS::DynamoDB::Table": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{{name}}",
    "AWS::DynamoDB::GlobalTable": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{{name}}",
    "AWS::CloudWatch::Alarm": f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{{name}}",
    "AWS::S3Vectors::VectorBucket": f"arn:aws:s3vectors:{REGION}:{ACCOUNT}:bucket/{{name}}",
    "AWS::KMS::Key": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{{name}}",
    "AWS::StepFunctions::StateMachine": f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{{name}}",
    "AWS::SageMaker::ModelPackageGroup": f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model-package-group/{{name}}",
}
_REF_IS_ARN = {"AWS::SNS::Topic", "AWS::StepFunctions::StateMachine"}
_PHYSICAL = {
    "AWS::SageMaker::Pipeline": "PipelineName",
    "AWS::SageMaker::ModelPackageGroup": "ModelPackageGroupName",
}


def listed(value: Any) -> list[Any]:
    """IAM writes a list of one without the list."""
    return value if isinstance(value, list) else [value]


@dataclass(frozen=True)
class DeployedAccount:
    """Answers what a deployment of the template would be called, may do, and is told."""

    template: dict[str, Any]

    def resolve(self, value: Any) -> Any:
        """The value with every intrinsic function replaced by what it gives in this account."""
        if isinstance(value, list):
            return [self.resolve(part) for part in value]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((function, argument),) = value.items()
            if function == "Ref":
                return self._ref(argument)
            if function.startswith("Fn::"):
                return getattr(self, f"_{function[4:].lower()}")(argument)
        return {key: self.resolve(part) for key, part in value.items()}

    def arn(self, logical_id: str) -> str:
        """The ARN of a resource of the template."""
        return _ARNS[self._resource(logical_id)["Type"]].format(name=self.name(logical_id))

    def name(self, logical_id: str) -> str:
        """The physical name of a resource: its own where the template gives one."""
        resource = self._resource(logical_id)
        given = resource.get("Properties", {}).get(_PHYSICAL.get(resource["Type"], ""))
        if given:
            return str(self.resolve(given))
        if resource.get("Properties", {}).get("FifoQueue"):
            return f"{logical_id}.fifo"
        return logical_id.lower() if resource["Type"] == "AWS::S3::Bucket" else logical_id

    def all(self, kind: str) -> list[str]:
        """The logical ids of all resources of a type."""
        return [name for name, resource in self.template["Resources"].items() if resource["Type"] == kind]

    def one(self, kind: str, marker: str) -> str:
        """The logical id of the one resource of a type that starts with `marker`."""
        (found,) = (name for name in self.all(kind) if name.startswith(marker))
        return found

    @property
    def pipeline(self) -> str:
        """The name of the training pipeline."""
        (pipeline,) = self.all("AWS::SageMaker::Pipeline")
        return self.name(pipeline)

    def properties(self, logical_id: str) -> dict[str, Any]:
        """The resolved properties of a resource."""
        return self.resolve(self._resource(logical_id).get("Properties", {}))

    def policies(self, role: str) -> list[dict[str, Any]]:
        """Every policy document attached to a role."""
        attached = [p["PolicyDocument"] for p in self._resource(role)["Properties"].get("Policies", ())] + [
            r["Properties"]["PolicyDocument"]
            for r in self.template["Resources"].values()
            if r["Type"] == "AWS::IAM::Policy" and {"Ref": role} in r["Properties"]["Roles"]
        ]
        return self.resolve(attached)

    def statements(self, role: str) -> list[dict[str, Any]]:
        """Every statement of the role's policies."""
        return [statement for policy in self.policies(role) for statement in policy["Statement"]]

    def actions(self, role: str) -> set[str]:
        """Every action that the role's policies allow on anything."""
        return {a for s in self.statements(role) if s["Effect"] == "Allow" for a in listed(s["Action"])}

    def bucket_policy(self, bucket: str) -> dict[str, Any] | None:
        """The policy of the bucket with this physical name; None for one that is not in the template."""
        for name in self.all("AWS::S3::BucketPolicy"):
            policy = self.properties(name)
            if policy["Bucket"] == bucket:
                return policy["PolicyDocument"]
        return None

    def key_policy(self, arn: str) -> dict[str, Any] | None:
        """The policy of a KMS key of the template; None for any other resource."""
        keys = [name for name in self.all("AWS::KMS::Key") if self.arn(name) == arn]
        return self.properties(keys[0])["KeyPolicy"] if keys else None

    def _resource(self, logical_id: str) -> dict[str, Any]:
        return self.template["Resources"][logical_id]

    def _ref(self, name: str) -> str:
        if name in _PSEUDO:
            return _PSEUDO[name]
        kind = self._resource(name)["Type"]
        if kind == "AWS::SQS::Queue":
            return f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{self.name(name)}"
        return self.arn(name) if kind in _REF_IS_ARN else self.name(name)

    def _getatt(self, argument: list[str]) -> str:
        name, attribute = argument
        return self.arn(name) if attribute.endswith("Arn") else f"{self.name(name)}.{attribute}"

    def _join(self, argument: list[Any]) -> str:
        return argument[0].join(self.resolve(argument[1]))

    def _select(self, argument: list[Any]) -> str:
        index, values = self.resolve(argument)
        return str(values[int(index)])

    def _split(self, argument: list[Any]) -> list[str]:
        separator, text = self.resolve(argument)
        return str(text).split(separator)

    def _sub(self, text: str) -> str:
        return re.sub(r"\$\{([\w:]+)\}", lambda match: self._ref(match[1]), text)

    def _findinmap(self, argument: list[Any]) -> str:
        mapping, top, second = self.resolve(argument)
        return self.template["Mappings"][mapping][top][second]
