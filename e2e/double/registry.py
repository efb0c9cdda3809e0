"""Model package groups and the packages in them."""

import time

from e2e.double.errors import Record, missing, no_such


class Registry:
    """The part of the API that registers models."""

    def __init__(self, arn: str) -> None:
        self._arn = arn
        self._groups: dict[str, list[Record]] = {}
        self._numbers: dict[str, int] = {}

    def create_model_package_group(self, request: Record) -> Record:
        name = request["ModelPackageGroupName"]
        self._groups.setdefault(name, [])
        return {"ModelPackageGroupArn": self._group_arn(name)}

    def delete_model_package_group(self, request: Record) -> None:
        """As in AWS, only an empty one may go."""
        if self._packages(request["ModelPackageGroupName"]):
            raise no_such("the group is not empty, so its deletion")
        del self._groups[request["ModelPackageGroupName"]]

    def list_model_package_groups(self, _request: Record) -> Record:
        groups = [
            {
                "ModelPackageGroupName": name,
                "ModelPackageGroupArn": self._group_arn(name),
                "CreationTime": 0,
                "ModelPackageGroupStatus": "Completed",
            }
            for name in self._groups
        ]
        return {"ModelPackageGroupSummaryList": groups}

    def create_model_package(self, request: Record) -> Record:
        group = request["ModelPackageGroupName"]
        packages = self._packages(group)
        number = self._numbers[group] = self._numbers.get(group, 0) + 1
        arn = f"{self._arn}:model-package/{group}/{number}"
        packages.append(
            {
                "ModelPackageGroupName": group,
                "ModelPackageVersion": number,
                "ModelPackageArn": arn,
                "CreationTime": time.time(),
                "ModelPackageStatus": "Completed",
                "ModelApprovalStatus": request.get("ModelApprovalStatus", "PendingManualApproval"),
            }
        )
        return {"ModelPackageArn": arn}

    def list_model_packages(self, request: Record) -> Record:
        listed = [
            {name: value for name, value in package.items() if name != "ApprovalDescription"}
            for package in self._packages(request["ModelPackageGroupName"])
        ]  # a summary has less than a description
        return {"ModelPackageSummaryList": listed}

    def describe_model_package(self, request: Record) -> Record:
        package = self._package(request["ModelPackageName"])
        checks: Record = {"ValidationStatuses": []}
        return {
            **package,
            "ModelPackageName": package["ModelPackageGroupName"],
            "ModelPackageStatusDetails": checks,
        }

    def update_model_package(self, request: Record) -> Record:
        package = self._package(request["ModelPackageArn"])
        package.update({k: v for k, v in request.items() if k.startswith(("ModelApproval", "Approval"))})
        return {"ModelPackageArn": package["ModelPackageArn"]}

    def delete_model_package(self, request: Record) -> None:
        package = self._package(request["ModelPackageName"])
        self._groups[package["ModelPackageGroupName"]].remove(package)

    def _package(self, arn: str) -> Record:
        for packages in self._groups.values():
            if package := next((p for p in packages if p["ModelPackageArn"] == arn), None):
                return package
        raise missing(arn)

    def _packages(self, group: str) -> list[Record]:
        if group not in self._groups:
            raise no_such(f"ModelPackageGroup {self._group_arn(group)}")
        return self._groups[group]

    def _group_arn(self, name: str) -> str:
        return f"{self._arn}:model-package-group/{name}"
