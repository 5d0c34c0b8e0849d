import { DeleteObjectCommand } from "@aws-sdk/client-s3";
import { allOrNone } from "../../all-or-none.ts";
import { layout, type Layout } from "../../bytes/layout.ts";
import { CleaveError, quote } from "../../errors.ts";
import { below } from "../location.ts";
import type { ArtifactFolder, FolderPlan, Moved, MoveOptions } from "../store.ts";
import { parseAddress } from "./address.ts";
import { orUnknown } from "./object.ts";
import type { Requests } from "./requests.ts";
import { ObjectWrite } from "./write-object.ts";

/** Of the manifest's object: so a HEAD tells by which Cleave a split can be read. */
export const schemaMetadata = "cleave-schema";

/** Artifacts that are staged or published at a time: to wait for each would be most of the time. */
export const mostAtOnce = 8;

/**
 * A prefix a model is split into. Artifacts are uploaded without appearing; `finish` makes them
 * appear, and the manifest after all of them, if none is there. What a run that died has left is
 * used where it is as planned, and replaced otherwise.
 */
export class UploadFolder implements ArtifactFolder {
  readonly #requests: Requests;
  readonly #folder: string;
  readonly #plan: FolderPlan;
  readonly #writes: { write: ObjectWrite; moved: Moved; location: string }[] = [];

  private constructor(requests: Requests, folder: string, plan: FolderPlan) {
    this.#requests = requests;
    this.#folder = folder;
    this.#plan = plan;
  }

  /**
   * @param exists may know it from before: what counts is the condition the manifest is written with
   * @throws CleaveError `TARGET_EXISTS` where a split stands there
   */
  static async begin(
    requests: Requests,
    folder: string,
    plan: FolderPlan,
    exists: (location: string) => Promise<boolean>,
  ): Promise<UploadFolder> {
    if (!plan.overwrite) {
      if ((await exists(below(folder, plan.manifest.name)).catch(orUnknown)) === true) {
        throw new CleaveError(
          "TARGET_EXISTS",
          `${quote(folder, 1200)} holds a split model already (${plan.manifest.name}). Choose another --out, or --force to replace it.`,
        );
      }
    }
    return new UploadFolder(requests, folder, plan);
  }

  async write(name: string, content: Layout, options: MoveOptions): Promise<Moved> {
    const write = this.#begin(name, content, options);
    const moved = await write.stage();
    this.#writes.push({ write, moved, location: below(this.#folder, name) });
    return moved;
  }

  async finish(manifest: string): Promise<void> {
    const { manifest: own, overwrite, earlier, names } = this.#plan;
    if (overwrite) await this.#delete(own.name);
    await allOrNone(this.#writes, mostAtOnce, async ({ write, moved, location }) => {
      const { crc32 } = await write.publish(overwrite ? "overwrite" : "replace");
      if (crc32 !== moved.crc32) throw wrongChecksums(location);
    });
    if (overwrite) {
      for (const name of earlier) if (!names.includes(name)) await this.#delete(name);
    }
    const { schema } = own;
    const last = this.#begin(
      own.name,
      layout([Buffer.from(manifest)]),
      {},
      schema === undefined ? undefined : { [schemaMetadata]: schema },
    );
    await last.stage();
    await last.publish("refuse");
  }

  async abandon(): Promise<void> {
    await Promise.all(this.#writes.map(({ write }) => write.discard()));
  }

  #begin(
    name: string,
    content: Layout,
    options: MoveOptions,
    metadata?: Readonly<Record<string, string>>,
  ): ObjectWrite {
    const location = below(this.#folder, name);
    const target = { address: parseAddress(location), location, metadata };
    return new ObjectWrite(this.#requests, target, content, options);
  }

  async #delete(name: string): Promise<void> {
    const location = below(this.#folder, name);
    const { bucket, key } = parseAddress(location);
    const command = new DeleteObjectCommand({ Bucket: bucket, Key: key });
    await this.#requests.send("DeleteObject", command, { doing: "delete", location });
  }
}

/** The manifest holds what the server stated first. */
function wrongChecksums(location: string): CleaveError {
  return new CleaveError(
    "IO",
    `Cannot write ${quote(location, 1200)}: the server stated a wrong checksum of what it had copied. Nothing is complete without a manifest; write to a folder on disk and upload that.`,
  );
}
