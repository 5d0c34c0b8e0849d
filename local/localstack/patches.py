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


def end_maps_beyond_their_tolerance() -> None:
    """A Distributed Map fails when more of its items have than it tolerates; here it never does."""
    from localstack.aws.api.stepfunctions import HistoryEventType, MapRunFailedEventDetails
    from localstack.services.stepfunctions.asl.component.common.error_name import (
        error_name,
        failure_event,
    )
    from localstack.services.stepfunctions.asl.component.state.state_execution.state_map import (
        iteration,
    )
    from localstack.services.stepfunctions.asl.eval.event.event_detail import EventDetails

    component = iteration.distributed_iteration_component.DistributedIterationComponent
    run_map = component._map_run

    def run(self, env, eval_input):
        run_map(self, env=env, eval_input=eval_input)
        record = eval_input.map_run_record
        failed, total = record.item_counter.failed.get(), record.item_counter.total.get()
        if failed * 100 <= total * (record.tolerated_failure_percentage or 0):
            return
        name = "States.ExceedToleratedFailureThreshold"
        cause = "The specified tolerated failure threshold was exceeded"
        details = MapRunFailedEventDetails(error=name, cause=cause)
        raise failure_event.FailureEventException(
            failure_event.FailureEvent(
                env=env,
                error_name=error_name.ErrorName(name),
                event_type=HistoryEventType.MapRunFailed,
                event_details=EventDetails(mapRunFailedEventDetails=details),
            )
        )

    component._map_run = run


def send_failures_where_an_alias_says() -> None:
    """The destination of failed asynchronous calls is read of the version, never of its alias."""
    from localstack.services.lambda_.invocation.event_manager import Poller

    send = Poller.process_failure_destination

    def send_of_alias(self, call, result, settings, cause):
        alias = call.invocation.invoked_arn.rpartition(":")[2]
        of_alias = self.version_manager.function.event_invoke_configs.get(alias)
        send(self, call, result, of_alias or settings, cause)

    Poller.process_failure_destination = send_of_alias


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
    end_maps_beyond_their_tolerance()
    send_failures_where_an_alias_says()
    tell_of_uploads_as_s3_does()
