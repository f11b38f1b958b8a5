"""Reads a report as its official reader does, and prints what that one has understood as JSON.

Usage: check.py card README.md | check.py bom bom.cdx.json. Ends with 1 and a message where the reader objects.
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
        raise SystemExit(f"not CycloneDX 1.6: {error}")
    return json.loads(text)


kind, path = sys.argv[1:]
json.dump({"card": card, "bom": bom}[kind](path), sys.stdout)
