"""The runner on a definition of our own: the order of steps, the branches, a job's folders, failures."""

import copy
import os
from concurrent.futures import Future
from types import SimpleNamespace

import pytest

from local.pipeline import PipelineRunner, Services, StepFailedError

JOB = """
import json, os, pathlib, sys
base = pathlib.Path(os.environ["SAGEMAKER_BASE_DIR"])
names = sorted(path.name for path in (base / "processing/input/data").iterdir())
if "bad" in names:
    (base / "output").mkdir()
    (base / "output/failure").write_text("bad data\\n")
    sys.exit(1)
out = base / "processing/output/verdict"
(out / "verdict.json").write_text(json.dumps({"ok": "good" in names, "reason": ",".join(names)}))
"""


def test_only_the_first_job_reads_what_people_may_delete(steps):
    """An upload that is deleted during a run takes its curated file along, and SageMaker refuses an input
    that names a file which is gone. The item log keeps what a run may read."""
    named = {
        (name, given["InputName"])
        for name, step in steps.items()
        if step["Type"] == "Processing"
        for given in step["Arguments"]["ProcessingInputs"]
        if given["S3Input"]["S3DataType"] == "ManifestFile"
    }
    assert named == {
        ("Prepare", "catalog"), ("Prepare", "interactions"), ("Prepare", "queries"), ("Prepare", "pairs"),
        ("Index", "catalog"),
    }  # fmt: skip


def get(path):
    return {"Get": path}


def verdict(path):
    file = get("Steps.Judge.PropertyFiles.verdict")
    return {"Std:JsonGet": {"PropertyFile": file, "Path": path}}


def definition_of(store, code):
    def uri(*parts):
        return {"Std:Join": {"On": "/", "Values": [store.url, *parts]}}

    def taken(name, source):
        folder = f"/opt/ml/processing/input/{name}"
        return {
            "InputName": name,
            "S3Input": {"S3Uri": source, "LocalPath": folder, "S3DataType": "S3Prefix"},
        }

    output = {
        "S3Uri": uri("runs", get("Execution.PipelineExecutionId")),
        "LocalPath": "/opt/ml/processing/output/verdict",
    }
    judge = {
        "Name": "Judge",
        "Type": "Processing",
        "Arguments": {
            "AppSpecification": {
                "ContainerEntrypoint": ["python3", "/opt/ml/processing/input/code/code/job.py"],
                "ContainerArguments": [],
            },
            "ProcessingInputs": [
                taken("data", get("Steps.Choose.OutputParameters['folder']")),
                taken("code", code.as_uri()),
            ],
            "ProcessingOutputConfig": {"Outputs": [{"OutputName": "verdict", "S3Output": output}]},
        },
        "PropertyFiles": [
            {"PropertyFileName": "verdict", "OutputName": "verdict", "FilePath": "verdict.json"}
        ],
    }
    choose = {
        "Name": "Choose",
        "Type": "Lambda",
        "FunctionArn": "choose",
        "Arguments": {"id": get("Execution.PipelineExecutionId")},
        "OutputParameters": [{"OutputName": "folder", "OutputType": "String"}],
    }
    tell = {
        "Name": "Tell",
        "Type": "Callback",
        "SqsQueueUrl": "queue",
        "Arguments": {"reason": verdict("reason")},
        "OutputParameters": [{"OutputName": "told", "OutputType": "String"}],
    }
    fail = {"Name": "Refused", "Type": "Fail", "Arguments": {"ErrorMessage": verdict("reason")}}
    gate = {
        "Name": "Gate",
        "Type": "Condition",
        "Arguments": {
            "Conditions": [{"Type": "Equals", "LeftValue": verdict("ok"), "RightValue": True}],
            "IfSteps": [tell],
            "ElseSteps": [fail],
        },
    }
    return {"Version": "2020-12-01", "Steps": [gate, judge, choose]}  # the references make the order


@pytest.fixture
def pipeline(store, tmp_path):
    """Runs it on a folder of the store; notes what was called."""
    code = tmp_path / "code"
    code.mkdir()
    (code / "job.py").write_text(JOB)
    seen = SimpleNamespace(steps=[], told=[], folder="good", definition=definition_of(store, code))
    store.put("in/good/good", b"1")
    store.put("in/other/a", b"1")
    store.put("in/other/b", b"1")
    store.put("in/bad/bad", b"1")
    services = Services(
        function=lambda name, event: {"folder": f"{store.url}/in/{seen.folder}", "arn": name, **event},
        callback=lambda queue, arguments: seen.told.append((queue, arguments)) or {"told": "yes"},
        register=lambda request: "arn",
        on_step=lambda name, _seconds: seen.steps.append(name),
    )
    seen.scratch = tmp_path / "scratch"
    seen.run = lambda: PipelineRunner(store, seen.scratch, services).run(seen.definition, "e1")
    return seen


def test_steps_run_after_what_they_refer_to(pipeline, store):
    execution = pipeline.run()
    assert (execution.status, execution.reason) == ("Succeeded", "")
    assert pipeline.steps == ["Choose", "Judge", "Tell"]
    assert pipeline.told == [("queue", {"reason": "good"})]
    assert store.get("runs/e1/verdict.json") == b'{"ok": true, "reason": "good"}'
    assert execution.values["Steps.Tell.OutputParameters['told']"] == "yes"


def test_a_fail_step_ends_it_with_its_message(pipeline):
    pipeline.folder = "other"
    execution = pipeline.run()
    assert (execution.status, execution.reason) == ("Failed", "a,b")
    assert pipeline.told == []


def test_a_jobs_own_reason_is_the_executions(pipeline):
    pipeline.folder = "bad"
    execution = pipeline.run()
    assert (execution.status, execution.reason) == ("Failed", "bad data")
    assert pipeline.steps == ["Choose"]


def test_a_callback_that_fails_is_the_executions_reason(pipeline):
    def refused(_queue, _arguments):
        raise StepFailedError("another model went live")

    services = Services(function=lambda _name, _event: {}, callback=refused, register=lambda request: "arn")
    tell = {
        "Name": "Tell", "Type": "Callback", "SqsQueueUrl": "queue", "Arguments": {}, "OutputParameters": [],
    }  # fmt: skip
    runner = PipelineRunner(SimpleNamespace(url="file:///nowhere"), pipeline.scratch, services)
    execution = runner.run({"Steps": [tell]}, "e1")
    assert (execution.status, execution.reason) == ("Failed", "another model went live")


@pytest.mark.parametrize("folder", ["good", "bad"])
def test_no_job_leaves_its_folder_behind(pipeline, folder):
    pipeline.folder = folder
    pipeline.run()
    assert [path for path in pipeline.scratch.rglob("*") if path.is_file()] == []


def test_the_code_of_a_job_is_linked_and_survives_it(pipeline, tmp_path):
    pipeline.run()
    assert (tmp_path / "code" / "job.py").is_file()


def test_a_condition_that_is_not_known_is_never_taken_for_passed(pipeline):
    gate = pipeline.definition["Steps"][0]
    gate["Arguments"]["Conditions"][0]["Type"] = "GreaterThan"
    execution = pipeline.run()
    assert execution.status == "Failed"
    assert "GreaterThan" in execution.reason
    assert pipeline.told == []


@pytest.fixture
def with_index(pipeline, tmp_path):
    """A second job behind the gate; it and the first one wait for each other, so that neither ends before
    both have begun."""
    steps = pipeline.definition["Steps"]
    begun = tmp_path / "begun"
    os.mkfifo(begun)
    index = copy.deepcopy(steps[1]) | {"Name": "Index", "PropertyFiles": []}
    folder = tmp_path / "code"
    (folder / "index.py").write_text(INDEX)
    (folder / "job.py").write_text(WAITS + JOB)
    program = ["python3", "/opt/ml/processing/input/code/code/index.py"]
    index["Arguments"]["AppSpecification"]["ContainerEntrypoint"] = program
    (output,) = index["Arguments"]["ProcessingOutputConfig"]["Outputs"]
    output["S3Output"]["S3Uri"]["Std:Join"]["Values"][1] = "index"
    for job in (steps[1], index):
        job["Arguments"]["Environment"] = {"BEGUN": str(begun)}
    steps[0]["Arguments"]["IfSteps"].insert(0, index)
    steps[0]["Arguments"]["IfSteps"][1]["DependsOn"] = ["Index"]
    return pipeline


INDEX = """
import os, pathlib
open(os.environ["BEGUN"], "w").close()
base = pathlib.Path(os.environ["SAGEMAKER_BASE_DIR"])
(base / "processing/output/verdict/index.json").write_text("{}")
"""
WAITS = """
import os
open(os.environ["BEGUN"]).close()
"""


def test_what_is_behind_the_gate_is_made_beside_the_judgement(with_index, store):
    execution = with_index.run()
    assert (execution.status, execution.reason) == ("Succeeded", "")
    assert with_index.steps == ["Choose", "Judge", "Index", "Tell"]
    assert store.get("index/e1/index.json") == b"{}"


@pytest.mark.parametrize("folder", ["other", "bad"])
def test_nothing_of_a_refused_index_is_stored(with_index, store, folder):
    """The gate refuses the model, or the judge fails."""
    with_index.folder = folder
    assert with_index.run().status == "Failed"
    assert list(store.list("index/")) == []
    assert [path for path in with_index.scratch.rglob("*") if path.is_file()] == []


ENDLESS = """
from threading import Event
Event().wait()
"""


@pytest.mark.parametrize("folder", ["other", "bad"])
def test_an_index_that_nobody_wants_any_more_is_ended(with_index, tmp_path, folder):
    with_index.folder = folder
    (tmp_path / "code" / "index.py").write_text(INDEX + ENDLESS)
    assert with_index.run().status == "Failed"
    assert [path for path in with_index.scratch.rglob("*") if path.is_file()] == []


def test_an_interrupt_ends_an_index_that_is_waited_for(with_index, tmp_path, monkeypatch):
    result = Future.result

    def interrupted(job, timeout=None):
        if not job.done():
            raise KeyboardInterrupt
        return result(job, timeout)

    (tmp_path / "code" / "index.py").write_text(INDEX + ENDLESS)
    monkeypatch.setattr(Future, "result", interrupted)
    with pytest.raises(KeyboardInterrupt):
        with_index.run()
