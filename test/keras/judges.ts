import type { Subject } from "./fixtures.ts";

/** One kind of Keras, or the two libraries that look at files only. */
export interface Judge {
  /** As `judge.py` knows it. */
  readonly kind: string;
  readonly environment: string;
  readonly title: string;
  readonly backend: string | undefined;
  accepts(subject: Subject): boolean;
}

export const isKeras3 = ({ folder }: Subject) => folder.startsWith("keras-3.");
const isMultiBackend = ({ folder }: Subject) => /^keras-[12]\./.test(folder);
const isTfKeras = ({ folder }: Subject) => /^(tensorflow|tf_keras)-/.test(folder);
const isTensorFlow = ({ folder }: Subject) => folder === "keras-3.15.1-tensorflow";
/** Of 2.12 and 2.13, whose v3 trees number layers as no other version does. */
const isOddlyNumbered = (subject: Subject) =>
  isOfTf213(subject) && /(?<!hdf5inside)\.keras$|\.weights\.h5$/.test(subject.name);
const isOfTf213 = ({ folder }: Subject) => /^tensorflow-2\.1[23]\./.test(folder);

export const judges: readonly Judge[] = [
  {
    kind: "files",
    environment: "keras3",
    title: "h5py 3.16, zipfile",
    backend: undefined,
    accepts: ({ folder }) => !folder.startsWith("keras-0."),
  },
  {
    kind: "keras3",
    environment: "keras3",
    title: "Keras 3.15.1/jax",
    backend: "jax",
    accepts: (subject) => (isKeras3(subject) ? !isTensorFlow(subject) : subject.holdsInKeras3),
  },
  {
    kind: "keras3-tf",
    environment: "tf",
    title: "Keras 3.15.1/tensorflow",
    backend: "tensorflow",
    accepts: isTensorFlow,
  },
  {
    kind: "tf_keras",
    environment: "tf",
    title: "tf_keras 2.21",
    backend: "tensorflow",
    accepts: (subject) => isTfKeras(subject) && !isOddlyNumbered(subject),
  },
  {
    kind: "tf213",
    environment: "tf213",
    title: "tf.keras 2.13.1",
    backend: "tensorflow",
    accepts: isOfTf213,
  },
  {
    kind: "keras231",
    environment: "keras231",
    title: "Keras 2.3.1/theano",
    backend: "theano",
    accepts: isMultiBackend,
  },
];

/** Largest |Δ| as a part of max(1, max |y|). */
export function tolerance(subject: Subject, judge: Judge): number {
  if (subject.isSixteenBit) return 2e-2;
  return backendOf(subject) === judge.backend ? 1e-5 : 1e-4;
}

function backendOf({ folder }: Subject): string {
  return /-(theano|cntk|jax)$/.exec(folder)?.[1] ?? "tensorflow";
}
