/**
 * Everything a scan can find, by a stable id. `docs/findings.md` is made of it (`npm run schema`).
 * Which Keras versions are affected is from the advisories and from the first release with the guard.
 */
export type Severity = "info" | "low" | "medium" | "high" | "critical";

/** From the mildest. */
export const severities: readonly Severity[] = ["info", "low", "medium", "high", "critical"];

export interface Rule {
  readonly severity: Severity;
  /** A few words, for tables. */
  readonly title: string;
  /** Why it matters: what a reader of such a file would do. */
  readonly meaning: string;
  /** What to do about it. */
  readonly fix: string;
  /** Advisories, and the Keras versions that act on it. */
  readonly affected?: string;
  /** Where the fact is from: a specification, or a file of Keras. */
  readonly source: string;
}

const damaged = "Take an intact copy of the file.";
const resave = "Save the model again with Keras, and take that file.";
const repack = "Pack the archive again, with nothing in it but what Keras saved.";
const hdf5 = "HDF5 File Format Specification 3.0";
const appnote = "APPNOTE.TXT 6.3.10";
const serialization = "keras/src/saving/serialization_lib.py";

export const rules = {
  KS101: {
    severity: "critical",
    title: "Lambda layer with Python code",
    meaning: "The layer is marshalled Python bytecode, which runs when the model is loaded.",
    fix: "Ask for the model with a built-in or a registered layer in its place. Never load it with safe_mode=False.",
    affected:
      "CVE-2024-3660 (before 2.13), CVE-2025-9905 (.h5 before 3.11.3), CVE-2026-12481 (before 3.12.3 and 3.15.0); with safe_mode=False every version",
    source: "keras/src/layers/core/lambda_layer.py",
  },
  KS102: {
    severity: "critical",
    title: "Python code in place of a setting",
    meaning:
      "A __lambda__ object is marshalled Python bytecode wherever it stands: as activation, initializer, loss or anything else.",
    fix: "Ask for the model with a named function in its place. Never load it with safe_mode=False.",
    affected: "CVE-2024-3660 (before 2.13); with safe_mode=False every version",
    source: serialization,
  },
  KS103: {
    severity: "high",
    title: "Marshalled Python code on another class",
    meaning:
      "A string decodes to Python bytecode although the class does not take any, so that scanners of class names pass it.",
    fix: "Ask whoever made the model what it is for. Do not load it.",
    source: "CPython Python/marshal.c",
  },
  KS104: {
    severity: "medium",
    title: "Lambda layer without its code",
    meaning: "The layer calls a function by its name, which the program that loads it must bring.",
    fix: "Get the function from whoever made the model, and read it.",
    source: "keras/src/layers/core/lambda_layer.py",
  },
  KS110: {
    severity: "critical",
    title: "Callable from outside Keras",
    meaning:
      "Loading imports the module and calls, or hands on, what is named there, whatever it is.",
    fix: "Do not load it. Ask for a model of Keras's own classes, or of registered ones whose package you have read.",
    affected: "CVE-2025-1550 (3.0.0 to 3.8.0)",
    source: serialization,
  },
  KS111: {
    severity: "high",
    title: "Function of Keras that is no part of a model",
    meaning:
      "Some functions of Keras itself download, read, unpack or load what their arguments say, or switch safety off.",
    fix: "Do not load it. No layer, loss or metric is one of these functions.",
    affected: "CVE-2025-8747 (3.0.0 to 3.10.0), CVE-2025-9906 (before 3.11.0)",
    source: serialization,
  },
  KS112: {
    severity: "critical",
    title: "PyTorch module as a pickle",
    meaning: "TorchModuleWrapper holds a pickle, which is read by torch.load and can run any code.",
    fix: "Ask for the weights and for the code of the module, and build it there.",
    affected: "CVE-2025-49655 (3.11.0 to 3.11.2); with safe_mode=False every version",
    source: "keras/src/utils/torch_utils.py",
  },
  KS113: {
    severity: "high",
    title: "Layer that loads a SavedModel from a path",
    meaning: "TFSMLayer loads the TensorFlow graph that stands at its filepath, and runs it.",
    fix: "Ask for the model without the layer, or for that SavedModel, and scan it.",
    affected: "CVE-2026-1462 (3.13.0)",
    source: "keras/src/export/tfsm_layer.py",
  },
  KS114: {
    severity: "high",
    title: "Vocabulary read from a path or URL",
    meaning:
      "A vocabulary that is given as a string is opened when the model is loaded: any file of the machine, or a request to any server.",
    fix: "Save the model with the vocabulary in it, as a list or under assets/.",
    affected: "CVE-2025-12058 (before 3.12.0)",
    source: "keras/src/layers/preprocessing/index_lookup.py",
  },
  KS115: {
    severity: "critical",
    title: "Pickle",
    meaning: "Reading a pickle can run any code. Keras puts none into a model file.",
    fix: "Remove it; ask what it was for.",
    affected: "npz weights before 3.9.0",
    source: "CPython Lib/pickle.py",
  },
  KS119: {
    severity: "medium",
    title: "Class of an unknown package",
    meaning:
      "Loading imports the package that is named there, if the machine has it, and builds the class.",
    fix: "Ask which package it is, read it, and allow it by name in a policy.",
    affected: "CVE-2025-1550 (3.0.0 to 3.8.0); later versions only with custom_objects",
    source: serialization,
  },
  KS120: {
    severity: "low",
    title: "Custom object",
    meaning: "The model needs code that Keras does not have. It is not in the file.",
    fix: "Get the package from whoever made the model, and read it before it is imported.",
    source: "keras/src/saving/object_registration.py",
  },
  KS121: {
    severity: "medium",
    title: "Registered name of another class",
    meaning:
      "Keras looks for the registered name first; the class that is shown is not the one loaded.",
    fix: "Ask for a model that Keras itself has saved.",
    source: serialization,
  },
  KS130: {
    severity: "low",
    title: "Secret or internal address",
    meaning: "A setting looks like a credential, or names a server that only this network reaches.",
    fix: "Withdraw the credential if it is one, and save the model without it.",
    source: "formats of the issuers of credentials",
  },
  KJ301: {
    severity: "critical",
    title: "Duplicate key",
    meaning:
      "Readers disagree about which of the two counts, so what one has checked is not what another loads.",
    fix: resave,
    source: "RFC 8259, section 4",
  },
  KJ302: {
    severity: "high",
    title: "JSON nested too deep",
    meaning: "Readers that recurse die of it.",
    fix: resave,
    source: "RFC 8259, section 9",
  },
  KJ303: {
    severity: "medium",
    title: "Key of JavaScript's prototypes",
    meaning:
      "Programs in JavaScript that copy such a key change all their objects, or lose the value.",
    fix: "Rename it, if it is meant.",
    source: "ECMA-262, section B.2.2.1",
  },
  KJ304: {
    severity: "medium",
    title: "Name that misleads",
    meaning:
      "A name with parts of paths, or with control, bidirectional or invisible characters, reaches paths, terminals and logs.",
    fix: "Rename the layer and save the model again.",
    affected: "CVE-2026-12479 (3.14.0)",
    source: "keras/src/saving/saving_lib.py",
  },
  KJ305: {
    severity: "medium",
    title: "JSON value of the wrong type",
    meaning: "Keras never writes it; loaders fail over it, or take it for something else.",
    fix: resave,
    source: serialization,
  },
  KJ306: {
    severity: "medium",
    title: "Graph with a cycle",
    meaning: "A layer takes its own output: no such model can be built.",
    fix: resave,
    source: "keras/src/models/functional.py",
  },
  KJ310: {
    severity: "high",
    title: "Not JSON",
    meaning:
      "What should be the architecture is another text. Loaders that accept it may run it, as YAML's do.",
    fix: resave,
    source: "RFC 8259",
  },
  KJ311: {
    severity: "info",
    title: "NaN or Infinity",
    meaning: "Python writes and reads it; other readers of JSON refuse it.",
    fix: "Nothing, unless other programs read the architecture.",
    source: "RFC 8259, section 6",
  },
  KL401: {
    severity: "high",
    title: "Too many bytes or items",
    meaning: "A number in the file is beyond what any Keras model is known to need.",
    fix: "If the file is sound, raise the cap that the message names.",
    source: "shared/limits.ts",
  },
  KH510: {
    severity: "high",
    title: "External storage",
    meaning: "The values of a dataset are bytes of another file of the machine that loads it.",
    fix: resave,
    affected: "CVE-2026-1669 (3.0.0 to 3.12.0, 3.13.0 and 3.13.1)",
    source: `${hdf5}, IV.A.2.h`,
  },
  KH511: {
    severity: "high",
    title: "External link",
    meaning: "A group or dataset stands in another file of the machine that loads it.",
    fix: resave,
    affected: "before 3.12.2 and 3.14.1",
    source: `${hdf5}, IV.A.2.g`,
  },
  KH512: {
    severity: "high",
    title: "Soft link",
    meaning:
      "A name stands for another path; tools that copy by path and tools that follow see other weights.",
    fix: "Copy what it points to in its place (h5repack does not; h5py's copy with expand_soft does).",
    affected: "before 3.12.2 and 3.14.1",
    source: `${hdf5}, IV.A.2.g`,
  },
  KH513: {
    severity: "high",
    title: "Hard links to one object",
    meaning: "An alias, or a cycle in which tools that walk the file never end.",
    fix: "Copy the object instead of linking it.",
    source: `${hdf5}, IV.A.2.g`,
  },
  KH514: {
    severity: "high",
    title: "Virtual dataset",
    meaning: "The values are put together of other datasets, in other files too.",
    fix: "Copy the values into the file (h5repack).",
    affected: "before 3.12.2 and 3.14.1",
    source: `${hdf5}, IV.A.2.i`,
  },
  KH520: {
    severity: "high",
    title: "Shape without values",
    meaning:
      "The shape promises far more bytes than the file stores; reading it fills memory with fill values.",
    fix: resave,
    affected: "CVE-2026-0897 (before 3.12.3 and 3.15.0)",
    source: `${hdf5}, IV.A.2.b`,
  },
  KH522: {
    severity: "high",
    title: "Shape and storage differ",
    meaning: "The dataset stores another number of bytes than its shape and type need.",
    fix: damaged,
    source: `${hdf5}, IV.A.2.b and i`,
  },
  KH523: {
    severity: "high",
    title: "Compression bomb",
    meaning: "The values unpack to many times their stored size, or through one filter twice.",
    fix: resave,
    source: `${hdf5}, IV.A.2.l`,
  },
  KH530: {
    severity: "high",
    title: "Too many dimensions",
    meaning: "HDF5 has 32 at most; other readers allocate by the number.",
    fix: damaged,
    source: `${hdf5}, IV.A.2.b`,
  },
  KH531: {
    severity: "high",
    title: "Structures share bytes",
    meaning: "A tensor shows bytes that are another tensor's, or the structure of the file.",
    fix: damaged,
    source: hdf5,
  },
  KH532: {
    severity: "high",
    title: "Outside the file",
    meaning: "An address or length leads beyond the end of the file.",
    fix: damaged,
    source: hdf5,
  },
  KH533: {
    severity: "high",
    title: "Values never written",
    meaning: "The dataset has a shape and no storage: readers give zeros for weights.",
    fix: resave,
    source: `${hdf5}, IV.A.2.i`,
  },
  KH536: {
    severity: "high",
    title: "Superblock that Keras never writes",
    meaning: "The first structure has a version, width or feature that no Keras file has.",
    fix: "If the file is sound, rewrite it with h5py's default options.",
    source: `${hdf5}, II.A`,
  },
  KH537: {
    severity: "high",
    title: "Checksum of a structure",
    meaning: "A structure is not what its checksum says: the file was damaged or edited.",
    fix: damaged,
    source: hdf5,
  },
  KH540: {
    severity: "medium",
    title: "User block",
    meaning:
      "Bytes stand before the HDF5 file, which HDF5 readers skip and others take for the file.",
    fix: "Remove it (h5repack, or cleave doctor --repair).",
    source: `${hdf5}, II.A`,
  },
  KH541: {
    severity: "medium",
    title: "Data behind the end",
    meaning: "Bytes follow the end that the file states. No reader looks at them.",
    fix: "Remove them (cleave doctor --repair).",
    source: `${hdf5}, II.A`,
  },
  KH542: {
    severity: "medium",
    title: "Content in unused space",
    meaning:
      "Bytes that belong to nothing in the file are another file: code, a pickle, an archive.",
    fix: "Save the model again; what is hidden is not copied.",
    source: hdf5,
  },
  KH550: {
    severity: "high",
    title: "B-tree",
    meaning: "An index is damaged or goes round: libhdf5 crashes on some of these.",
    fix: damaged,
    source: `${hdf5}, III.A`,
  },
  KH552: {
    severity: "high",
    title: "Object header",
    meaning: "The header of a group or dataset contradicts itself.",
    fix: damaged,
    source: `${hdf5}, IV.A.1`,
  },
  KH553: {
    severity: "high",
    title: "Heap of names",
    meaning: "The names of a group stand outside their heap, or the heap contradicts itself.",
    fix: damaged,
    source: `${hdf5}, III.D`,
  },
  KH554: {
    severity: "high",
    title: "Name of a link",
    meaning:
      "The name is none that a link can have, or one that leads elsewhere when used as a path.",
    fix: "Rename the layer and save the model again.",
    source: `${hdf5}, IV.A.2.g`,
  },
  KH555: {
    severity: "high",
    title: "Heap of strings",
    meaning:
      "A text claims another length than its heap holds: some readers allocate gigabytes for it.",
    fix: damaged,
    source: `${hdf5}, III.E`,
  },
  KH556: {
    severity: "high",
    title: "Attribute",
    meaning: "An attribute claims more bytes than are there, or stands twice.",
    fix: damaged,
    source: `${hdf5}, IV.A.2.m`,
  },
  KH557: {
    severity: "medium",
    title: "Attribute of the wrong type",
    meaning: "An attribute by which Keras finds weights is not what Keras writes.",
    fix: resave,
    source: "keras/src/legacy/saving/legacy_h5_format.py",
  },
  KH558: {
    severity: "medium",
    title: "List of names",
    meaning:
      "The names by which Keras reads weights stand twice, lead elsewhere, or are not in the file.",
    fix: resave,
    source: "keras/src/legacy/saving/legacy_h5_format.py",
  },
  KH560: {
    severity: "medium",
    title: "Datatype",
    meaning: "Numbers of a kind that Keras does not write: what they mean, readers would guess.",
    fix: resave,
    source: `${hdf5}, IV.A.2.d`,
  },
  KH562: {
    severity: "medium",
    title: "Filter",
    meaning:
      "Values cannot be unpacked, or pass a filter that is unknown or does not notice damage.",
    fix: "If the file is sound, rewrite it with h5repack -f NONE.",
    source: `${hdf5}, IV.A.2.l`,
  },
  KH563: {
    severity: "medium",
    title: "Feature of HDF5 that Keras never uses",
    meaning: "Cleave does not read it, so what it does to the model is not known.",
    fix: "If the file is sound, rewrite it with h5py's default options.",
    source: hdf5,
  },
  KH564: {
    severity: "low",
    title: "Group or dataset that Keras does not know",
    meaning: "It takes no part in the model. Keras reads past it.",
    fix: "Remove it, unless a program of yours put it there.",
    source: "keras/src/legacy/saving/legacy_h5_format.py",
  },
  KZ601: {
    severity: "high",
    title: "Path that leaves the archive",
    meaning: "A member's name is absolute or goes up: unpacking writes outside the folder.",
    fix: repack,
    affected: "CVE-2025-12060 (before 3.12.0)",
    source: `${appnote}, 4.4.17`,
  },
  KZ602: {
    severity: "high",
    title: "Member that is no file",
    meaning: "A member is a link or a device: unpacking may read or write elsewhere.",
    fix: repack,
    source: `${appnote}, 4.4.15`,
  },
  KZ603: {
    severity: "critical",
    title: "Duplicate member",
    meaning:
      "Readers disagree about which of the two counts, so what one has checked is not what another loads.",
    fix: repack,
    source: `${appnote}, 4.3`,
  },
  KZ604: {
    severity: "high",
    title: "Local header and central directory differ",
    meaning: "The two records of one member disagree; readers go by one or the other.",
    fix: repack,
    source: `${appnote}, 4.3.7 and 4.3.12`,
  },
  KZ605: {
    severity: "high",
    title: "Bytes between members",
    meaning:
      "A gap of the archive holds bytes that its directory does not list: a hidden member, perhaps.",
    fix: repack,
    source: `${appnote}, 4.3.6`,
  },
  KZ606: {
    severity: "high",
    title: "Size of a member",
    meaning: "A member has another size than it states.",
    fix: damaged,
    source: `${appnote}, 4.4.8 and 4.4.9`,
  },
  KZ607: {
    severity: "medium",
    title: "Encrypted member",
    meaning: "It cannot be inspected.",
    fix: "Save the archive without a password.",
    source: `${appnote}, 4.4.4`,
  },
  KZ608: {
    severity: "medium",
    title: "Compression method",
    meaning: "Keras stores its members; few readers know this method.",
    fix: "Pack the archive again with Python's zipfile.",
    source: `${appnote}, 4.4.5`,
  },
  KZ610: {
    severity: "high",
    title: "Compression bomb",
    meaning: "A member inflates to many times its stored size.",
    fix: repack,
    affected: "before 3.12.3 and 3.15.0",
    source: `${appnote}, 4.4.8`,
  },
  KZ611: {
    severity: "high",
    title: "Members share bytes",
    meaning: "Two members stand in the same bytes: a bomb, or one that hides another.",
    fix: repack,
    source: `${appnote}, 4.3.6`,
  },
  KZ613: {
    severity: "high",
    title: "ZIP64 record",
    meaning: "A size or place of 64 bits is missing, cut or impossible.",
    fix: damaged,
    source: `${appnote}, 4.5.3`,
  },
  KZ614: {
    severity: "medium",
    title: "Bytes around the archive",
    meaning:
      "A prefix or suffix is not part of the archive: readers that look at the start see another file.",
    fix: "Remove it (zip -FF, or cleave doctor --repair).",
    source: `${appnote}, 4.1.9`,
  },
  KZ615: {
    severity: "high",
    title: "End record",
    meaning:
      "The records at the end do not say of the directory what it is; readers see other members.",
    fix: repack,
    source: `${appnote}, 4.3.16`,
  },
  KZ616: {
    severity: "high",
    title: "Name of a member",
    meaning:
      "A member's name has invisible characters, or differs from one of Keras's only in case or in compatible characters: what a person sees, or a file system keeps, is not the name.",
    fix: repack,
    source: `${appnote}, 4.4.17`,
  },
  KZ617: {
    severity: "medium",
    title: "Member that is no part of a model",
    meaning:
      "The archive carries code, a program or another archive. Keras does not load it; people do.",
    fix: "Remove it, or ask what it is for.",
    source: "keras/src/saving/saving_lib.py",
  },
  KZ618: {
    severity: "high",
    title: "Two formats in one file",
    meaning:
      "The file is valid in two formats (polyglot); tools that differ in the format see other models.",
    fix: resave,
    source: `${appnote}, 4.3.16; ${hdf5}, II.A`,
  },
  KZ619: {
    severity: "high",
    title: "Archive that is damaged",
    meaning: "The archive's records contradict the format.",
    fix: damaged,
    source: appnote,
  },
  KZ620: {
    severity: "medium",
    title: "Directory in the place of a member",
    meaning: "What should be a file is a directory.",
    fix: repack,
    source: `${appnote}, 4.3.8`,
  },
  KB701: {
    severity: "medium",
    title: "Empty",
    meaning: "The file has no bytes.",
    fix: "Upload or copy it again.",
    source: "",
  },
  KB702: {
    severity: "medium",
    title: "Another kind of file",
    meaning:
      "The file is no Keras model: a Git LFS pointer, an error page, an archive, another framework's model. The message says what.",
    fix: "Give the file that Keras saved.",
    source: "signatures of the formats",
  },
  KB705: {
    severity: "medium",
    title: "Truncated",
    meaning: "The file lacks its end.",
    fix: "Take an intact copy; cleave doctor --salvage keeps what is there.",
    source: "",
  },
  KB706: {
    severity: "medium",
    title: "Damaged",
    meaning: "The file contradicts its own format.",
    fix: damaged,
    source: "",
  },
  KB707: {
    severity: "medium",
    title: "Checksum",
    meaning: "A part is not what its checksum says.",
    fix: damaged,
    source: `${appnote}, 4.4.7`,
  },
  KB710: {
    severity: "medium",
    title: "Part missing",
    meaning: "A part that the model needs is absent.",
    fix: resave,
    source: "keras/src/saving/saving_lib.py",
  },
  KB711: {
    severity: "medium",
    title: "Architecture that describes no model",
    meaning: "The configuration is JSON, and not of a model.",
    fix: resave,
    source: serialization,
  },
  KB712: {
    severity: "medium",
    title: "No model in it",
    meaning: "An HDF5 file, or a whole-model file, without an architecture.",
    fix: resave,
    source: "keras/src/legacy/saving/legacy_h5_format.py",
  },
  KB713: {
    severity: "medium",
    title: "Weights absent",
    meaning: "The architecture has a variable for which the file has no tensor.",
    fix: resave,
    source: "keras/src/saving/saving_lib.py",
  },
  KB714: {
    severity: "medium",
    title: "Weights without a layer",
    meaning: "The file has a tensor for which the architecture has no variable.",
    fix: resave,
    source: "keras/src/saving/saving_lib.py",
  },
  KB715: {
    severity: "medium",
    title: "Shape of weights",
    meaning: "A tensor has another shape than its layer.",
    fix: resave,
    source: "keras/src/saving/saving_lib.py",
  },
  KB716: {
    severity: "medium",
    title: "Type of weights",
    meaning: "A tensor has another type of numbers than its layer.",
    fix: resave,
    source: "keras/src/saving/saving_lib.py",
  },
  KB718: {
    severity: "medium",
    title: "Order of weights",
    meaning: "Keras reads these weights by their order, and another variable stands there.",
    fix: resave,
    source: "keras/src/legacy/saving/legacy_h5_format.py",
  },
  KB720: {
    severity: "low",
    title: "Extension of another format",
    meaning: "Keras chooses the reader by the extension, and this one is of another format.",
    fix: "Rename the file (cleave doctor --repair).",
    source: "keras/src/saving/saving_api.py",
  },
} as const satisfies Readonly<Record<string, Rule>>;

export type RuleId = keyof typeof rules;

export const ruleIds = Object.keys(rules) as readonly RuleId[];

/** How far from clean: every finding weighs as its severity, a file that was not inspected most. */
export type Verdict = "clean" | "notice" | "suspicious" | "dangerous" | "unreadable";

export const verdicts: readonly Verdict[] = [
  "clean",
  "notice",
  "suspicious",
  "dangerous",
  "unreadable",
];
