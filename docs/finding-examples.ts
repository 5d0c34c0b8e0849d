import { scan } from "#shared/scan.ts";
import type { RuleId } from "#shared/scan/rules.ts";
import { allCases, pathOf } from "../test/hostile-files/cases.ts";

/** A file of our tests for each rule that one of them breaks. */
const files: Partial<Readonly<Record<RuleId, string>>> = {
  KS101: "lambda-nested-seq-keras",
  KS102: "lambda-as-activation-keras",
  KS110: "evil-initializer-h5",
  KS111: "cve-2025-9906-unsafe-keras",
  KS112: "torch-module-wrapper-keras",
  KS113: "tfsm-layer-h5",
  KS114: "vocab-file-keras",
  KS115: "asset-pickle-keras",
  KS121: "lambda-registered-name-dense-keras",
  KS130: "vocab-url-keras",
  KJ301: "dup-keys-evil-last-h5",
  KJ302: "deep-json-keras",
  KJ303: "proto-keys-keras",
  KJ304: "name-traversal-keras",
  KJ305: "model-name-object-keras",
  KJ306: "graph-cycle-keras",
  KJ310: "trunc-02of16-keras",
  KJ311: "infinity-in-config-keras",
  KL401: "link-name-long",
  KH510: "ext-storage",
  KH511: "external-link",
  KH512: "soft-link-alias",
  KH513: "hard-link-cycle",
  KH514: "virtual-dataset",
  KH520: "shape-bomb-chunked",
  KH522: "shape-overflow",
  KH523: "gzip-bomb-10g-double",
  KH531: "overlap-tensors",
  KH532: "addr-straddles-eof",
  KH536: "offset-size-2",
  KH537: "ohdr-v2-checksum",
  KH540: "userblock",
  KH550: "btree-loop",
  KH552: "ohdr-continuation-loop-root",
  KH554: "h5name-dotdot",
  KH555: "zero-hole-h5",
  KH557: "layer-names-scalar",
  KH558: "weight-names-duplicate",
  KH560: "dtype-odd-float",
  KH562: "lzf-weights",
  KH563: "superblock-v9",
  KZ601: "zip-slip-dotdot",
  KZ603: "zip-dup-config-evil-last",
  KZ604: "zip-name-mismatch",
  KZ605: "zip-hidden-local",
  KZ606: "zip-size-lie-larger",
  KZ607: "zip-strong-encryption",
  KZ608: "zip-method-zstd",
  KZ610: "zip-bomb-asset",
  KZ613: "zip64-missing-extra",
  KZ614: "zip-prefix-junk",
  KZ615: "zip-eocd-in-comment",
  KZ616: "zip-name-nul",
  KZ617: "extra-py-member-keras",
  KZ618: "polyglot-h5-then-zip",
  KZ619: "zip-local-offset-lie",
  KB701: "empty-keras",
  KB702: "lfs-pointer-keras",
  KB705: "trunc-7-bytes-h5",
  KB707: "flip-config-crc-keras",
  KB710: "missing-weights-keras",
  KB711: "type-class-name-number-keras",
  KB712: "no-model-config-h5",
  KB713: "weight-name-absent-h5",
  KB714: "group-without-layer-h5",
  KB715: "shape-mismatch-h5",
  KB716: "dtype-mismatch-keras",
  KB720: "ext-keras-named-h5",
};

/** What a scan says of these files. */
export async function findExamples(): Promise<ReadonlyMap<RuleId, string>> {
  const examples = new Map<RuleId, string>();
  for (const [id, name] of Object.entries(files) as [RuleId, string][]) {
    const given = allCases.find((candidate) => candidate.id === name)!;
    const { findings } = await scan(pathOf(given));
    const found = findings.find((finding) => finding.id === id);
    if (found === undefined) throw new Error(`${name} does not have ${id}`);
    examples.set(id, found.message);
  }
  return examples;
}
