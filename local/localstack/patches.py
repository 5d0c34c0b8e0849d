"""Where LocalStack 4.13.1 differs from AWS in what the pipeline relies on.

It has no later version that would mend these. Each is one function, which says what it is for.
"""

import json
import re
import time
from urllib.parse import unquote


def take_whole_percentages() -> None:
    """`"ToleratedFailurePercentage": 10` is a number as any; the grammar wants a fraction."""
    from localstack.services.stepfunctions.asl.parse.asl_parser import AmazonStateLanguageParser

    parse = AmazonStateLanguageParser.parse
    whole = re.compile(r'("ToleratedFailurePercentage"\s*:\s*\d+)(?![\d.])')
    AmazonStateLanguageParser.parse = staticmethod(
        lambda definition: parse(whole.sub(r"\1.0", definition))
    )


def tell_of_uploads_as_s3_does() -> None:
    """S3's events have the key as it is, a sequencer that grows, and a reason without prefix."""
    from localstack.services.s3.notifications import EventBridgeNotifier

    payload_of = EventBridgeNotifier._get_event_payload

    def corrected(ctx, config_id=None):
        entry = payload_of(ctx, config_id)
        detail = json.loads(entry["Detail"])
        created = detail["object"]
        created["key"] = unquote(created["key"])
        created["sequencer"] = f"{time.time_ns():018X}"
        detail["reason"] = detail.get("reason", "").removeprefix("ObjectCreated:")
        return {**entry, "Detail": json.dumps(detail)}

    EventBridgeNotifier._get_event_payload = staticmethod(corrected)


def install() -> None:
    take_whole_percentages()
    tell_of_uploads_as_s3_does()
