/**
 * What a `module` in an architecture is. Everything that is not known is foreign: a list of what is
 * dangerous would never be whole.
 */
export type ModuleKind =
  /** Layers, losses and so on of Keras. */
  | "keras"
  /** A part of Keras that no model is made of. */
  | "keras other"
  /** `builtins`: Keras writes it of every function that is not registered. */
  | "builtins"
  /** A companion of Keras, whose classes are registered. */
  | "companion"
  /** `__main__`: a class of the script that saved the model. */
  | "main"
  /** Part of Python, or a package known to load or run what it is given. */
  | "dangerous"
  /** Not a name of a module, or one that only looks like Keras's. */
  | "misleading"
  | "unknown";

/** Packages that are Keras: their names differ by version and by how they were imported. */
const roots =
  /^(?:keras(?:\.src|\.api(?:\._v[12])?(?:\.keras)?)?|tf_keras(?:\.src|\.api(?:\._v[12])?(?:\.keras)?)?|keras_core(?:\.src)?|tensorflow\.keras|tensorflow\.python\.keras(?:\.api(?:\._v[12])?(?:\.keras)?)?)(?:\.|$)/;

/** What models are made of: subpackages of Keras 1 to 3. */
const modelling = new Set([
  "",
  "activations",
  "applications",
  "constraints",
  "distillation",
  "dtype_policies",
  "engine",
  "experimental",
  "initializers",
  "layers",
  "legacy_tf_layers",
  "losses",
  "metrics",
  "mixed_precision",
  "models",
  "ops",
  "optimizers",
  "premade_models",
  "quantizers",
  "random",
  "regularizers",
]);

const companions = new Set([
  "keras_cv",
  "keras_hub",
  "keras_nlp",
  "keras_rs",
  "keras_tuner",
  "tensorflow_addons",
]);

/** Top-level modules of Python 3.14 and 2.7 (sys.stdlib_module_names), the private ones aside. */
const standardLibrary = new Set(
  `__builtin__ abc aifc annotationlib antigravity argparse array ast asynchat asyncio asyncore atexit audioop base64 bdb
  binascii binhex bisect builtins bz2 cPickle cProfile calendar cgi cgitb chunk cmath cmd code codecs codeop
  collections colorsys commands compileall compression concurrent configparser contextlib contextvars copy copyreg
  crypt csv ctypes curses dataclasses datetime dbm decimal difflib dis distutils doctest email encodings ensurepip
  enum errno faulthandler fcntl filecmp fileinput fnmatch formatter fractions ftplib functools gc genericpath
  getopt getpass gettext glob graphlib grp gzip hashlib heapq hmac html http idlelib imaplib imghdr imp importlib
  inspect io ipaddress itertools json keyword lib2to3 linecache locale logging lzma mailbox mailcap marshal math
  mimetypes mmap modulefinder msilib msvcrt multiprocessing netrc nis nntplib nt ntpath nturl2path numbers
  opcode operator optparse os ossaudiodev parser pathlib pdb pickle pickletools pipes pkgutil platform plistlib
  poplib popen2 posix posixpath pprint profile pstats pty pwd py_compile pyclbr pydoc pydoc_data pyexpat queue
  quopri random re readline reprlib resource rlcompleter runpy sched secrets select selectors shelve shlex shutil
  signal site smtpd smtplib sndhdr socket socketserver spwd sqlite3 sre_compile sre_constants sre_parse ssl
  stat statistics string stringprep struct subprocess sunau symbol symtable sys sysconfig syslog tabnanny
  tarfile telnetlib tempfile termios test textwrap this thread threading time timeit tkinter token tokenize
  tomllib trace traceback tracemalloc tty turtle turtledemo types typing unicodedata unittest urllib urllib2
  uu uuid venv warnings wave weakref webbrowser winreg winsound wsgiref xdrlib xml xmlrpc zipapp zipfile
  zipimport zlib zoneinfo`.split(/\s+/),
);

/** Packages beside Keras on most machines, with functions that load or run what they are given. */
const loaders = new Set(
  `IPython cffi cloudpickle dask dill fsspec h5py huggingface_hub jax jaxlib joblib jsonpickle numba numpy pandas
  paramiko pexpect pip pkg_resources pydantic pytest requests scipy setuptools sh sklearn tensorflow
  tensorflow_hub torch torchvision transformers tvm wheel yaml`.split(/\s+/),
);

/** Longer than any; and expressions take their time with what is much longer. */
const longestName = 500;
const isModuleName = /^[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*$/;

/** @param name as it stands in the architecture */
export function moduleKind(name: string): ModuleKind {
  if (name.length > longestName || !isModuleName.test(name)) return "misleading";
  if (roots.test(name)) {
    const [below] = name.replace(roots, "").split(".");
    return modelling.has(below!) ? "keras" : "keras other";
  }
  const [top] = name.split(".");
  if (name === "builtins") return "builtins";
  if (top === "__main__" || top === "__mp_main__") return "main";
  if (companions.has(top!)) return "companion";
  // `_posixsubprocess`, `_io`, `__builtin__`: what Python keeps to itself starts so.
  if (standardLibrary.has(top!) || loaders.has(top!) || top!.startsWith("_")) return "dangerous";
  if (/keras/i.test(name)) return "misleading";
  return "unknown";
}

/** Functions that every Python program has (Lib/builtins), as far as they are none of arithmetic. */
const builtinFunctions = new Set(
  `__build_class__ __import__ breakpoint callable classmethod compile delattr dir eval exec execfile exit file
  getattr globals hasattr help id input locals map memoryview object open print property quit raw_input
  reload setattr staticmethod super type unichr vars apply`.split(/\s+/),
);

export function isBuiltinFunction(name: string): boolean {
  return builtinFunctions.has(name);
}

/** Classes of models among the utilities (keras/src/utils/feature_space.py). */
const modelsOfUtilities = new Set(["Cross", "Feature", "FeatureSpace"]);

/** Whether it is a class of models in a part of Keras that otherwise has none. */
export function isModelOfUtilities(module: string, target: string): boolean {
  const [below] = module.replace(roots, "").split(".");
  return below === "utils" && modelsOfUtilities.has(target);
}

/** Subpackages whose functions Keras writes into models; of all others, models have classes alone. */
const withFunctions = new Set([
  "activations",
  "constraints",
  "initializers",
  "losses",
  "metrics",
  "ops",
  "random",
  "regularizers",
]);

/** @param name of a module of Keras */
export function hasFunctions(name: string): boolean {
  const [below] = name.replace(roots, "").split(".");
  return withFunctions.has(below!);
}

/** Classes start with a capital, by PEP 8 and in all of Keras. */
export function isFunctionName(name: string): boolean {
  return /^[a-z_]/.test(name);
}

/** Functions in the packages of models that load, read, or turn settings into objects. */
const gadgets =
  /^(?:load_\w+|save_\w+|\w+_from_(?:json|yaml|config|directory|file)|get|get_\w+|deserialize\w*|serialize\w*|clone_model|enable_\w+|disable_\w+|func_load|func_dump|import_\w+|register_\w+|set_\w+|eval|exec|open|download\w*|extract\w*|vectorized_map|map|custom_gradient|while_loop|cond|call_\w+)$/;

export function isGadget(name: string): boolean {
  return gadgets.test(name);
}
