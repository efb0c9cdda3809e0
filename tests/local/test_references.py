import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.references import UnresolvedError, resolve, steps_referred_to

VALUES = {
    "Execution.PipelineExecutionId": "e1",
    "Steps.A.OutputParameters['uri']": "file:///x",
    "Steps.A.n": 3,
}
FILE = {"Get": "Steps.A.OutputParameters['uri']"}


def no_file(uri: str) -> bytes:
    raise AssertionError(f"{uri} is not needed")


def test_a_get_is_the_value_itself():
    assert resolve({"Get": "Steps.A.n"}, VALUES, no_file) == 3
    assert resolve([{"a": {"Get": "Steps.A.n"}}], VALUES, no_file) == [{"a": 3}]


def test_a_join_is_text_of_all_its_parts():
    inner = {"Std:Join": {"On": "-", "Values": ["x", "y"]}}
    parts = ["s3://b", {"Get": "Execution.PipelineExecutionId"}, {"Get": "Steps.A.n"}, inner]
    assert resolve({"Std:Join": {"On": "/", "Values": parts}}, VALUES, no_file) == "s3://b/e1/3/x-y"
    assert resolve({"Std:Join": {"On": "/", "Values": []}}, VALUES, no_file) == ""


@pytest.mark.parametrize(
    ("path", "expected"), [("gate.passed", False), ("gate", {"passed": False}), ("n", 1.5)]
)
def test_a_json_get_reads_the_file_of_an_earlier_step(path, expected):
    def read(uri: str) -> bytes:
        assert uri == "file:///x"
        return b'{"gate": {"passed": false}, "n": 1.5}'

    assert resolve({"Std:JsonGet": {"PropertyFile": FILE, "Path": path}}, VALUES, read) == expected


@pytest.mark.parametrize(
    "node",
    [
        {"Get": "Steps.B.x"},
        {"a": [{"Std:Join": {"On": "/", "Values": [{"Get": "Steps.B.x"}]}}]},
        {"Std:JsonGet": {"PropertyFile": {"Get": "Steps.B.x"}, "Path": "a"}},
    ],
)
def test_a_value_that_no_step_has_produced_is_named(node):
    with pytest.raises(UnresolvedError, match=r"Steps\.B\.x"):
        resolve(node, VALUES, no_file)


def test_a_record_with_a_key_called_get_is_no_reference():
    assert resolve({"Get": "x", "Put": "y"}, VALUES, no_file) == {"Get": "x", "Put": "y"}


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda node: st.lists(node, max_size=3) | st.dictionaries(st.sampled_from("abc"), node, max_size=3),
)


@given(PLAIN)
def test_what_refers_to_nothing_stays(node):
    assert resolve(node, {}, no_file) == node
    assert list(steps_referred_to(node)) == []


def test_a_step_depends_on_what_it_names_at_any_depth():
    condition = {"LeftValue": {"Std:JsonGet": {"PropertyFile": {"Get": "Steps.Second.x"}, "Path": "a"}}}
    branch = {"Arguments": {"x": {"Get": "Steps.Third.OutputParameters['a.b']"}}}
    step = {
        "DependsOn": ["First"],
        "Arguments": {
            "Conditions": [condition],
            "IfSteps": [branch],
            "x": {"Get": "Execution.StartDateTime"},
        },
    }
    assert sorted(steps_referred_to(step)) == ["First", "Second", "Third"]
