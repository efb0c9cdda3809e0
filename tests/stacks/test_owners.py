"""Nothing grows without an owner: docs/files.md names every prefix that a role may write, and who removes
from it."""

import re
from collections import defaultdict
from pathlib import Path

import pytest

from tests.helpers.deployed_account import DeployedAccount, listed

PAGE = (Path(__file__).parents[2] / "docs/files.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `([a-z-]+/[\w./-]*)` \| .* \| (.*) \| (.*) \| (.*) \|$", re.M)
ROLES = {
    "IngestionPreprocess": "preprocess", "IngestionIndexer": "indexer", "TrainingSnapshot": "snapshot",
    "TrainingRelease": "release", "TrainingJob": "jobs", "TrainingPipeline": "pipeline",
    "EndpointOnEvent": "endpoint owner", "EndpointIsComplete": "endpoint owner", "Search": "search",
    "EventsRecorder": "events", "EventsWorker": "user data", "EventsEraser": "eraser",
    "RetrainingRetrain": "retrain", "SpendingCostGuard": "cost guard", "PruningPruner": "pruner",
    "HostingModel": "endpoint", "PicturesTaker": "pictures", "PicturesReader": "pictures",
    "TrainingPictures": "pictures",
    "QueryReportReporter": "query report",
}  # fmt: skip
"""What the page calls a role, by the start of its logical id."""
CHOICES = (
    {"retrain_after_interactions": "9", "monthly_budget_usd": "50", "alarm_email": "a@example.com",
     "data_capture": "true"},
    {"algorithm": "builtin"},
    {"index": "s3vectors"},
    {"prepare_engine": "spark", "endpoint": "none", "pictures_instance_count": "2"},
)  # fmt: skip
READS_RELEASES = "everybody but preprocess, pictures, retrain and query report"


class Owners:
    """A template's bucket: who may do what below which keys."""

    def __init__(self, template):
        self.account = DeployedAccount(template)
        self.bucket = self.account.one("AWS::S3::Bucket", "StorageData")
        below = f"{self.account.arn(self.bucket)}/"
        self.allowed = defaultdict(set)
        for role in self.account.all("AWS::IAM::Role"):
            for statement in self.account.statements(role):
                if statement["Effect"] == "Allow":
                    for resource in listed(statement["Resource"]):
                        if resource.startswith(below):
                            for action in listed(statement["Action"]):
                                name = ROLES[re.sub(r"Role\w{8}$", "", role)]
                                self.allowed[action].add((resource.removeprefix(below), name))

    def who(self, action, prefix):
        """Roles that may do it to something below the prefix, or to all of what holds it."""
        return {
            name
            for pattern, name in self.allowed[f"s3:{action}Object"]
            if meets(pattern.partition("*")[0], prefix)
        }


def meets(start, prefix):
    return start.startswith(prefix) or prefix.startswith(start)


def rows():
    found = {prefix: rest for prefix, *rest in ROW.findall(PAGE)}
    assert len(found) > 15
    return found


@pytest.fixture(scope="module", params=CHOICES, ids=str)
def owners(request, deployed_with):
    return Owners(deployed_with(**request.param).template)


@pytest.fixture(scope="module")
def all_owners(deployed_with):
    return Owners(deployed_with(**CHOICES[0]).template)


def test_every_prefix_that_a_role_may_write_is_on_the_page(owners):
    written = {pattern.partition("*")[0] for pattern, _ in owners.allowed["s3:PutObject"]}
    assert len(written) > 10
    known = rows()
    assert {prefix for prefix in written if not any(meets(prefix, row) for row in known)} == set()


@pytest.mark.parametrize("prefix", [prefix for prefix in rows() if not prefix.startswith("releases/live")])
def test_the_page_names_who_writes_and_who_reads(all_owners, prefix):
    writers, readers, _ = rows()[prefix]
    more_specific = {row for row in rows() if row != prefix and row.startswith(prefix)}
    may = {
        name
        for pattern, name in all_owners.allowed["s3:PutObject"]
        if meets(pattern.partition("*")[0], prefix)
        and not any(pattern.startswith(row) for row in more_specific)
    }
    assert may == set(writers.split(", ")) - {"you"}
    if readers != READS_RELEASES:
        assert all_owners.who("Get", prefix) == set(readers.split(", ")) - {"you"}


def test_releases_are_read_by_everybody_else(all_owners):
    assert all_owners.who("Get", "releases/live.json") == {*ROLES.values()} - {
        "preprocess",
        "pictures",
        "retrain",
        "query report",
    }


@pytest.mark.parametrize("prefix", rows())
def test_something_makes_it_smaller(all_owners, prefix):
    *_, goes = rows()[prefix]
    rules = all_owners.account.properties(all_owners.bucket)["LifecycleConfiguration"]["Rules"]
    expires = {
        rule["Prefix"]: rule["ExpirationInDays"]
        for rule in rules
        if {"Prefix", "ExpirationInDays"} <= rule.keys()
    }
    if days := re.fullmatch(r"after (\d+) days", goes):
        assert expires[prefix] == int(days[1])
    elif remover := re.match(r"([a-z ]+) removes it, ", goes):
        deleted = {
            (pattern.partition("*")[0], name) for pattern, name in all_owners.allowed["s3:DeleteObject"]
        }
        assert any(prefix.startswith(start) and name == remover[1] for start, name in deleted)
    elif goes == "one object":
        assert prefix.endswith(".json")
    else:
        assert (prefix, goes) in {
            ("uploads/", "when you delete them"),
            ("reports/uploads/", "one object an upload"),
            ("curated/", "one object an upload, emptied by preprocess when the upload is deleted"),
        }
    assert set(expires) <= set(rows())


def test_what_is_outside_the_bucket_expires_too(all_owners):
    account = all_owners.account
    days = re.compile(r"after 4 and 14 days")
    assert days.search(PAGE)
    tables = [account.properties(name) for name in account.all("AWS::DynamoDB::Table")]
    assert [table["TimeToLiveSpecification"]["Enabled"] for table in tables] == [True]
    retained = {account.properties(name)["RetentionInDays"] for name in account.all("AWS::Logs::LogGroup")}
    assert retained == {30}
    kept = {
        account.properties(name).get("MessageRetentionPeriod", 4 * 86_400)
        for name in account.all("AWS::SQS::Queue")
    }
    assert kept == {4 * 86_400, 14 * 86_400}
    for name in account.all("AWS::S3::Bucket"):
        rules = account.properties(name)["LifecycleConfiguration"]["Rules"]
        assert any({"NoncurrentVersionExpiration", "ExpirationInDays"} & rule.keys() for rule in rules)
