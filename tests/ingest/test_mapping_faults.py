"""What is wrong in `uploads/mapping.json` is a sentence that says what was meant."""

import json

import pytest

FAULTS = [
    ({"feilds": {"id": "a"}}, "`feilds` is unknown, did you mean `fields`?"),
    ({"fields": {"titel": "Name"}}, "`fields.titel`: did you mean `title`?"),
    ({"fields": {"pirce": "VK"}}, "`fields.pirce`: did you mean `price`?"),
    ({"seperator": ";"}, "did you mean `separator`?"),
    ({"decimal": ";"}, "`decimal`: Input should be"),
    ({"currency": "eur"}, "`currency`: three capital letters are needed, EUR say."),
    ({"encoding": "utf9"}, "`encoding`: no such encoding; utf-8 or windows-1252, say."),
    ({"time_format": {"Seit": "%Q.%m"}}, "'%Q.%m' is no strptime format"),
]


@pytest.mark.parametrize(("said", "sentence"), FAULTS)
def test_a_fault_of_the_mapping_says_what_was_meant(upload, said, sentence):
    report = upload("mapping.json", json.dumps({"catalog/*.csv": said}).encode())
    assert report.problem["code"] == "bad_mapping"
    assert sentence in report.problem["message"]


def test_a_column_that_the_file_lacks_is_named_with_the_nearest(upload):
    upload(
        "mapping.json", json.dumps({"catalog/*.csv": {"fields": {"id": "Nummer", "title": "Name"}}}).encode()
    )
    report = upload("catalog/a.csv", b"Numer,Name\n1,Kettle\n")
    assert "Did you mean `Numer`?" in report.problem["message"]


def test_texts_stay_texts(store, upload):
    from object2vec.storage import item_log

    upload("mapping.json", json.dumps({"catalog/*": {"texts": ["season"]}}).encode())
    upload("catalog/a.csv", b"sku,name,season,year\n1,Kettle,2024,2024\n")
    item = item_log.replay(item_log.read(store))[0]["1"].metadata
    assert (item["season"], item["year"]) == ("2024", 2024)
