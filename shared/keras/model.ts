import type { ByteRange } from "../bytes/source.ts";
import type { Hdf5Attribute, Hdf5Group } from "../hdf5/model.ts";

/**
 * `v3`: the tree of `.keras` and `.weights.h5`, addressed by paths (`layers/dense/vars/0`).
 * `legacy`: the tree of `.h5`, addressed by names (`layer_names`, `weight_names`).
 */
export type Family = "v3" | "legacy";

/** A Keras model file as readers give it and writers take it; tensors stay where they are. */
export interface KerasModel {
  readonly family: Family;
  readonly keras: KerasVersion;
  /** The architecture JSON exactly as in the file; null in a weights-only file. */
  readonly architecture: string | null;
  /** Weights and nothing else, as the root of a weights-only file. */
  readonly weights: Hdf5Group;
  /** Optimizer and metric state under the file's own paths; null where there is none. */
  readonly training: Hdf5Group | null;
  /** The legacy `training_config` JSON. In v3 files it is part of the architecture text. */
  readonly trainingConfig: string | null;
  /** Vocabularies and other files beside the weights, by their path below `assets/`. */
  readonly assets: ReadonlyMap<string, ByteRange>;
  readonly container: ContainerFacts;
  /** What the container states about parts that stand in it unchanged. */
  readonly statedChecksums: readonly StatedChecksum[];
}

export interface StatedChecksum {
  readonly name: string;
  readonly range: ByteRange;
  readonly crc32: number;
}

/** As the file states them; null where it does not. */
export interface KerasVersion {
  readonly version: string | null;
  readonly backend: string | null;
}

/** What a container holds beside architecture, weights, training state and assets. */
export interface ContainerFacts {
  /** Attributes of a legacy file's root group, in order, without the two configs' text. */
  readonly rootAttributes: readonly Hdf5Attribute[];
  /** The text of a `.keras` file's `metadata.json`. */
  readonly metadata: string | null;
  /** Groups and datasets of a legacy file's root that Keras does not know. */
  readonly otherObjects: Hdf5Group | null;
  /** Archive members that Keras does not know, by path. */
  readonly otherMembers: ReadonlyMap<string, ByteRange>;
  /** What belongs to no part, of a model in one file. */
  readonly unclaimed: readonly UnclaimedBytes[];
}

/** Bytes that no reader of a format looks at. */
export interface UnclaimedBytes {
  /** The archive member that they stand in; null is the file itself. */
  readonly part: string | null;
  /** `unused`: free space within HDF5. `between`: of an archive, between its members. */
  readonly place: "before" | "between" | "unused" | "behind" | "comment";
  readonly range: ByteRange;
}
