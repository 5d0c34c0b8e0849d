import { asArray, asString, member } from "../json/access.ts";
import type { JsonArray, JsonNode } from "../json/parse.ts";
import { connectionsIn } from "../keras/layers/output-shape/connections.ts";

/**
 * A cycle among the calls of the layers of a functional model: a layer may be called many times, so
 * calls are compared and not layers.
 *
 * @returns the names of the layers in it, the first one again at the end; undefined where there is none
 */
export function findCycle(layers: JsonArray): readonly string[] | undefined {
  return search(callsOf(layers));
}

interface Call {
  readonly layer: string;
  /** Of the calls whose outputs it takes. */
  readonly takes: readonly string[];
}

/**
 * A nested model was called before it became a part of this one; such calls are counted and not
 * listed (keras/src/models/functional.py), so that numbers start behind them.
 */
function callsOf(layers: JsonArray): ReadonlyMap<string, Call> {
  const calls = new Map<string, Call>();
  const nodes = new Map<string, readonly JsonNode[]>();
  for (const layer of layers.items) {
    const inbound = asArray(member(layer, "inbound_nodes"));
    const name = asString(member(layer, "name")) ?? asString(member(layer, "config", "name"));
    if (name !== undefined && inbound.length > 0) nodes.set(name, inbound);
  }
  const taken = [...nodes].flatMap(([layer, inbound]) =>
    inbound.map((node, index) => ({ layer, index, from: [...connectionsIn(node)] })),
  );
  const unlisted = new Map<string, number>();
  for (const { from } of taken) {
    for (const { layer, node } of from) {
      const beyond = node + 1 - (nodes.get(layer)?.length ?? Infinity);
      if (beyond > (unlisted.get(layer) ?? 0)) unlisted.set(layer, beyond);
    }
  }
  for (const { layer, index, from } of taken) {
    const takes = from.map((it) => call(it.layer, it.node - (unlisted.get(it.layer) ?? 0)));
    calls.set(call(layer, index), { layer, takes });
  }
  return calls;
}

function call(layer: string, node: number): string {
  return `${node}:${layer}`;
}

/** Depth first, without recursion. */
function search(calls: ReadonlyMap<string, Call>): readonly string[] | undefined {
  const done = new Set<string>();
  for (const start of calls.keys()) {
    const path: { id: string; next: number }[] = done.has(start) ? [] : [{ id: start, next: 0 }];
    const onPath = new Set([start]);
    for (let top; (top = path.at(-1));) {
      const next = calls.get(top.id)?.takes[top.next];
      top.next += 1;
      if (next === undefined) {
        done.add(top.id);
        onPath.delete(top.id);
        path.pop();
      } else if (onPath.has(next)) {
        const ids = path.map(({ id }) => id);
        return [...ids.slice(ids.indexOf(next)), next].map((id) => calls.get(id)!.layer);
      } else if (!done.has(next) && calls.has(next)) {
        onPath.add(next);
        path.push({ id: next, next: 0 });
      }
    }
  }
  return undefined;
}
