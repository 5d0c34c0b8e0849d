import { rangeSource } from "../bytes/range-source.ts";
import type { ByteRange } from "../bytes/source.ts";
import { grouped } from "../grouped.ts";
import type { KerasModel, UnclaimedBytes } from "../keras/model.ts";
import { configMember, metadataMember, weightsMember } from "../keras/v3.ts";
import { nameMember, recogniseContent, type ContentBudget } from "./contents.ts";
import { finding, type Place, type ScanFinding } from "./finding.ts";
import { misleadingName } from "./misleading-name.ts";

/** Among the members of a model. */
const mostArchives = 100;

/** Everything in a container that is neither architecture nor weights nor training state. */
export async function scanContents({ assets, container }: KerasModel): Promise<ScanFinding[]> {
  const found: ScanFinding[] = [];
  const budget = { archives: mostArchives };
  for (const [path, range] of assets) {
    found.push(...(await scanMember(`assets/${path}`, range, budget)));
  }
  for (const [name, range] of container.otherMembers) {
    found.push(...(await scanMember(name, range, budget)));
  }
  for (const name of container.otherObjects?.children.keys() ?? []) {
    const message = `${place(name)} takes no part in the model.`;
    found.push(finding("KH564", { part: `/${place(name)}` }, message));
  }
  return [...found, ...(await scanUnclaimed(container.unclaimed))];
}

function place(name: string): string {
  return JSON.stringify(name).slice(1, -1);
}

async function scanMember(
  name: string,
  range: ByteRange,
  budget: ContentBudget,
): Promise<ScanFinding[]> {
  const found: ScanFinding[] = [];
  const why = misleadingName(name, false);
  if (why !== undefined) {
    found.push(
      finding("KZ601", { part: place(name) }, `${nameMember(name)} ${why}.`, { evidence: name }),
    );
  }
  const alike = likeOneOfKeras(name);
  if (alike !== undefined) {
    const message = `${nameMember(name)} differs from ${alike} in case or in characters that look or count the same: which of them is read depends on the reader and its file system.`;
    found.push(finding("KZ616", { part: place(name) }, message, { evidence: name }));
  }
  const content = await recogniseContent(range, name, budget);
  if (content !== undefined) {
    const where = { part: place(name), bytes: [0, range.length] as const };
    found.push(finding(content.id, where, `${nameMember(name)} is ${content.is}.`));
  }
  return found;
}

/** What the name becomes on file systems that keep neither case nor compatible characters apart. */
function likeOneOfKeras(name: string): string | undefined {
  const folded = name.normalize("NFKC").toLowerCase();
  return [configMember, metadataMember, weightsMember].find(
    (member) => member === folded && member !== name,
  );
}

/** Free space between structures is looked into where something could be hidden in it. */
const shortestHidden = 16;
/** libhdf5 leaves a few such places; of a file with thousands, the longest are looked into. */
const mostPlaces = 256;

async function scanUnclaimed(unclaimed: readonly UnclaimedBytes[]): Promise<ScanFinding[]> {
  const found: ScanFinding[] = [];
  const unused: UnclaimedBytes[] = [];
  for (const bytes of unclaimed) {
    if (bytes.place === "unused") unused.push(bytes);
    else found.push(...(await scanOutside(bytes)));
  }
  const longest = unused
    .filter(({ range }) => range.length >= shortestHidden)
    .toSorted((a, b) => b.range.length - a.range.length)
    .slice(0, mostPlaces);
  const hidden = await Promise.all(
    longest.map(async ({ part, range }) => {
      const content = await recogniseContent(await withoutZeros(range), null);
      if (content === undefined) return [];
      const message = `${grouped(range.length)} bytes that belong to nothing in the file hold ${content.is}.`;
      return [finding("KH542", whereOf(part, range), message)];
    }),
  );
  return [...found, ...hidden.flat()];
}

/** From the first byte that is not zero, looked for a little way. */
async function withoutZeros(range: ByteRange): Promise<ByteRange> {
  const head = await rangeSource(range).read(0, Math.min(range.length, 4096));
  const start = head.findIndex((byte) => byte !== 0);
  if (start <= 0) return start === 0 ? range : { ...range, length: 0 };
  return { ...range, offset: range.offset + start, length: range.length - start };
}

async function scanOutside({ part, place: where, range }: UnclaimedBytes): Promise<ScanFinding[]> {
  const size = `${grouped(range.length)} ${range.length === 1 ? "byte" : "bytes"}`;
  const content = await recogniseContent(range, null);
  const holds = content === undefined ? "" : `; they hold ${content.is}`;
  const at = whereOf(part, range);
  switch (where) {
    case "before":
      return [finding("KZ614", at, `A prefix of ${size} stands before the archive${holds}.`)];
    case "between":
      return [
        finding(
          "KZ605",
          at,
          `A gap of ${size} at byte ${grouped(range.offset)} belongs to no member of the archive${holds}.`,
        ),
      ];
    case "comment": {
      const text = Buffer.from(await rangeSource(range).read(0, range.length)).toString("latin1");
      if (text.includes("PK\x05\x06")) {
        return [
          finding(
            "KZ615",
            at,
            `The comment of ${size} behind the archive's end holds another end record, at which some readers start.`,
          ),
        ];
      }
      return content === undefined
        ? []
        : [
            finding(
              "KZ614",
              at,
              `A suffix of ${size}, the archive's comment, holds ${content.is}.`,
            ),
          ];
    }
    default: {
      const isZip = content?.is.includes("ZIP") === true || (await hasEndRecord(range));
      return isZip
        ? [
            finding(
              "KZ618",
              at,
              `A ZIP archive of ${size} stands behind the end of the HDF5 file: the file is both (a polyglot), and what is loaded depends on the reader.`,
            ),
          ]
        : [finding("KH541", at, `${size} stand behind the end that the HDF5 file states${holds}.`)];
    }
  }
}

async function hasEndRecord(range: ByteRange): Promise<boolean> {
  const length = Math.min(range.length, 22 + 0xffff);
  const tail = Buffer.from(await rangeSource(range).read(range.length - length, length));
  return tail.includes("PK\x05\x06");
}

function whereOf(part: string | null, { offset, length }: ByteRange): Place {
  return { part, bytes: [offset, offset + length] };
}
