import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { CleaveError } from "../shared/errors.ts";
import type { Surroundings } from "../shared/pipeline/surroundings.ts";

let client: EventBridgeClient | undefined;

/** Sends events to a bus, with the source "cleave"; to none where there is no bus. */
export function announcer(bus: string | undefined): Surroundings["announce"] {
  return async (type, detail) => {
    if (bus === undefined) return;
    client ??= new EventBridgeClient({ maxAttempts: 6 });
    const Entries = [
      { EventBusName: bus, Source: "cleave", DetailType: type, Detail: JSON.stringify(detail) },
    ];
    const { FailedEntryCount, Entries: [entry] = [] } = await client.send(
      new PutEventsCommand({ Entries }),
    );
    if ((FailedEntryCount ?? 0) === 0) return;
    throw new CleaveError(
      "STORE_UNAVAILABLE",
      `EventBridge did not take the event ${type} for the bus "${bus}": ${entry?.ErrorCode}: ${entry?.ErrorMessage}.`,
    );
  };
}
