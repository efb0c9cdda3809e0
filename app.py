"""The CDK app: reads the context, builds the one stack."""

import os
import sys
from datetime import date

import aws_cdk as cdk
from cdk_nag import AwsSolutionsChecks

from stacks.config import load_settings
from stacks.end_of_support import ending_soon
from stacks.object2vec_stack import Object2VecStack
from stacks.regions import elsewhere, lacking
from stacks.values import SettingError


def main() -> None:
    """Runs under the CDK CLI; for a setting that cannot be used it exits with one sentence."""
    app = cdk.App()
    try:
        settings = load_settings(app.node.get_all_context())
    except SettingError as error:
        sys.exit(f"cdk.json or -c: {error}")
    stack = Object2VecStack(app, "Object2Vec", settings=settings)
    for sentence in ending_soon(date.today(), settings):
        cdk.Annotations.of(stack).add_warning_v2("object2vec:EndOfSupport", sentence)
    if region := os.environ.get("CDK_DEFAULT_REGION"):  # set by the CDK CLI from the credentials
        for sentence in (*lacking(region, settings), *elsewhere(region, settings)):
            cdk.Annotations.of(stack).add_warning_v2("object2vec:Region", sentence)
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    app.synth()


if __name__ == "__main__":
    main()
