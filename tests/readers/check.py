"""Reads reports as their official reader does, and prints for each what that one has understood, or its objection.

Usage: check.py card FILE... | check.py bom FILE... | check.py junit FILE...
"""

import json
import sys


def card(path):
    from huggingface_hub import ModelCard

    read = ModelCard.load(path)
    data = read.data
    results = [
        {
            "task": result.task_type,
            "dataset": result.dataset_type,
            "dataset_name": result.dataset_name,
            "dataset_args": result.dataset_args,
            "metric": result.metric_type,
            "name": result.metric_name,
            "value": result.metric_value,
            "args": result.metric_args,
        }
        for result in data.eval_results or []
    ]
    known = {"license", "language", "tags", "library_name", "pipeline_tag", "model_name", "datasets", "base_model"}
    fields = {key: value for key, value in vars(data).items() if key in known and value is not None}
    return {**fields, "results": results, "text": read.text}


def bom(path):
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    with open(path, encoding="utf-8") as file:
        text = file.read()
    error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    if error is not None:
        raise ValueError(f"not CycloneDX 1.6: {error}")
    return json.loads(text)


def junit(path):
    from junitparser import JUnitXml

    suites = JUnitXml.fromfile(path)
    cases = [case for suite in suites for case in suite]
    results = [type(result).__name__ for case in cases for result in case.result]
    found = [results.count(name) for name in ("Failure", "Error", "Skipped")]
    return {"counts": [suites.tests, suites.failures, suites.errors, len(cases), *found]}


def answer(read, path):
    try:
        return {"read": read(path)}
    except Exception as error:  # Whatever a reader raises is its objection.
        return {"error": f"{type(error).__name__}: {error}"}


kind, *paths = sys.argv[1:]
json.dump([answer({"card": card, "bom": bom, "junit": junit}[kind], path) for path in paths], sys.stdout)
