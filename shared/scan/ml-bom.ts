import type { Scan } from "../scan.ts";

/**
 * What models are and need, as a CycloneDX 1.6 bill of materials (ECMA-424), with the advisories that
 * findings name as vulnerabilities. It has no time and no serial number, so that the same files give
 * the same text.
 *
 * @param version of Cleave
 */
export function toMlBom(models: readonly Scan[], version: string): string {
  const bom = {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: { tools: { components: [{ type: "application", name: "cleave", version }] } },
    components: [...models.map(modelComponent), ...libraries(models)],
    dependencies: models.map((model, index) => {
      const library = libraryOf(model);
      return { ref: refOf(index), dependsOn: library === undefined ? [] : [library["bom-ref"]] };
    }),
    vulnerabilities: vulnerabilities(models),
  };
  return `${JSON.stringify(bom, null, 2)}\n`;
}

function refOf(index: number): string {
  return `model-${index + 1}`;
}

function modelComponent(model: Scan, index: number): object {
  const { path, verdict, kind, family, keras, size, tensors, summary, findings } = model;
  const properties = {
    "cleave:verdict": verdict,
    "cleave:kind": kind,
    "cleave:format": family === "v3" ? ".keras" : family === "legacy" ? "legacy HDF5" : null,
    "cleave:keras": keras?.version ?? null,
    "cleave:backend": keras?.backend ?? null,
    "cleave:bytes": size,
    "cleave:tensors": tensors,
    "cleave:parameters": summary?.parameters ?? null,
    "cleave:findings": findings.map(({ id }) => id).join(" ") || null,
  };
  return {
    type: "machine-learning-model",
    "bom-ref": refOf(index),
    name: path,
    ...(summary && {
      modelCard: {
        modelParameters: {
          architectureFamily: summary.className,
          ...(summary.name !== null && { modelArchitecture: summary.name }),
        },
        properties: summary.layers.map(([name, count]) => ({
          name: `cleave:layers:${name}`,
          value: `${count}`,
        })),
      },
    }),
    properties: Object.entries(properties).flatMap(([name, value]) =>
      value === null ? [] : [{ name, value: `${value}` }],
    ),
  };
}

interface Library {
  readonly type: "library";
  readonly "bom-ref": string;
  readonly name: string;
  readonly version: string;
  readonly purl: string;
}

/** The Keras that wrote the model; nothing that is imported by name is known to be what it is called. */
function libraryOf({ keras }: Scan): Library | undefined {
  const version = keras?.version ?? null;
  if (version === null || !/^[\w.+-]+$/.test(version)) return undefined;
  const purl = `pkg:pypi/keras@${encodeURIComponent(version)}`;
  return { type: "library", "bom-ref": purl, name: "keras", version, purl };
}

function libraries(models: readonly Scan[]): Library[] {
  const all = models.flatMap((model) => libraryOf(model) ?? []);
  return [...new Map(all.map((library) => [library["bom-ref"], library])).values()];
}

function vulnerabilities(models: readonly Scan[]): object[] {
  const affected = new Map<string, { description: string; refs: Set<string> }>();
  for (const [index, { findings }] of models.entries()) {
    for (const { affected: names, message } of findings) {
      for (const id of names?.match(/CVE-\d{4}-\d+/g) ?? []) {
        const entry = affected.get(id) ?? { description: message, refs: new Set<string>() };
        entry.refs.add(refOf(index));
        affected.set(id, entry);
      }
    }
  }
  return [...affected].map(([id, { description, refs }]) => ({
    id,
    source: { name: "NVD", url: `https://nvd.nist.gov/vuln/detail/${id}` },
    description,
    affects: [...refs].map((ref) => ({ ref })),
  }));
}
