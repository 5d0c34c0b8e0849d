import { ListObjectsV2Command, type S3Client } from "@aws-sdk/client-s3";
import type { Layout } from "../../bytes/layout.ts";
import { CleaveError, quote } from "../../errors.ts";
import { checkLimit } from "../../limits.ts";
import { isS3, type Location } from "../location.ts";
import type { ArtifactFolder, FolderPlan, Moved, Store, WriteOptions } from "../store.ts";
import type { FileSource } from "../stored-file.ts";
import type { Transfer } from "../transfer.ts";
import { parseAddress } from "./address.ts";
import type { S3Options } from "../s3-options.ts";
import { defaultClient } from "./client.ts";
import { headObject, orUnknown, type S3Object } from "./object.ts";
import { objectSource } from "./object-source.ts";
import { Requests } from "./requests.ts";
import { Traffic } from "./traffic.ts";
import { mostAtOnce, UploadFolder } from "./upload-folder.ts";
import { ObjectWrite, targetExists } from "./write-object.ts";

const usualStall = 20_000;

/** S3, for one verb: what is asked for twice is asked of S3 once, so one version is seen. */
export class S3Store implements Store {
  readonly writesAtOnce = mostAtOnce;
  readonly #requests: Requests;
  readonly #stall: number;
  readonly #objects = new Map<Location, Promise<S3Object | undefined>>();

  constructor({ client, stall = usualStall }: S3Options, signal: AbortSignal | undefined) {
    const given = client as S3Client | undefined;
    this.#requests = new Requests(given ?? defaultClient(), new Traffic(), signal);
    this.#stall = stall;
  }

  async open(location: Location): Promise<FileSource> {
    const object = await this.#head(location);
    if (object !== undefined) return objectSource(this.#requests, object, this.#stall);
    throw new CleaveError(
      "NOT_FOUND",
      `Cannot read ${quote(location, 1200)}: there is no such object. Check the key.`,
    );
  }

  async exists(location: Location): Promise<boolean> {
    return (await this.#head(location)) !== undefined;
  }

  /** A prefix with "/" that objects have, where there is no object of the name itself. */
  async isFolder(location: Location): Promise<boolean> {
    const { key } = parseAddress(location);
    if (key !== "" && !key.endsWith("/") && (await this.exists(location))) return false;
    return !(await this.#names(location, 1).next()).done;
  }

  async list(folder: Location): Promise<string[]> {
    const names: string[] = [];
    for await (const name of this.#names(folder)) {
      if (!name.endsWith("/") && name !== "") names.push(name);
      checkLimit("filesInFolder", names.length, quote(folder, 1200));
    }
    return names;
  }

  async sameAs(location: Location, others: readonly Location[]): Promise<Location | undefined> {
    const { bucket, key } = parseAddress(location);
    return others.find((other) => {
      if (!isS3(other)) return false;
      const found = parseAddress(other);
      return found.bucket === bucket && found.key === key;
    });
  }

  async writeFile(location: Location, layout: Layout, options: WriteOptions): Promise<Moved> {
    const address = parseAddress(location);
    if (!options.overwrite) {
      // One of the same size may be what an earlier run has made; its checksum will tell.
      const found = await headObject(this.#requests, address, location).catch(orUnknown);
      if (found !== undefined && found.size !== layout.size) throw targetExists(location);
    }
    const write = new ObjectWrite(this.#requests, { address, location }, layout, options);
    try {
      await write.stage();
      return await write.publish(options.overwrite ? "overwrite" : "refuse");
    } finally {
      await write.discard();
    }
  }

  beginFolder(folder: Location, plan: FolderPlan): Promise<ArtifactFolder> {
    return UploadFolder.begin(this.#requests, folder, plan, (location) => this.exists(location));
  }

  placeOf(location: Location): { bucket: string; key: string } {
    const { bucket, key } = parseAddress(location);
    return { bucket, key };
  }

  transfer(): Transfer {
    return this.#requests.traffic.report();
  }

  #head(location: Location): Promise<S3Object | undefined> {
    let object = this.#objects.get(location);
    if (object === undefined) {
      object = headObject(this.#requests, parseAddress(location), location);
      this.#objects.set(location, object);
    }
    return object;
  }

  async *#names(folder: Location, pageSize?: number): AsyncGenerator<string> {
    const { bucket } = parseAddress(folder);
    const prefix = prefixOf(folder);
    let token: string | undefined;
    do {
      const command = new ListObjectsV2Command({
        Bucket: bucket,
        Prefix: prefix,
        MaxKeys: pageSize,
        ContinuationToken: token,
      });
      const options = { doing: "list", location: folder };
      const page = await this.#requests.send("ListObjectsV2", command, options);
      for (const { Key } of page.Contents ?? []) yield Key!.slice(prefix.length);
      token = page.NextContinuationToken;
    } while (token !== undefined);
  }
}

function prefixOf(folder: Location): string {
  const { key } = parseAddress(folder);
  return key === "" || key.endsWith("/") ? key : `${key}/`;
}
