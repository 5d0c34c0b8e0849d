"""Weights and other architectures for them, what Keras makes of each pair, and what cleave made.

variations.py make FOLDER PACKAGE    models, and FOLDER/pairs.json with what cleave is to be asked
variations.py judge FOLDER PACKAGE   a line of JSON per pair: passed, or why not

PACKAGE is keras or tf_keras. Each model is filled with numbers of its own; a target starts with
SENTINEL everywhere, so that what Keras did not load is known.
"""

import importlib
import json
import os
import random
import sys
import warnings

os.environ.setdefault("KERAS_BACKEND", "jax")
warnings.filterwarnings("ignore")

import numpy as np

SENTINEL = 0.03125
# Of a file of sharded weights: the largest tensor of these models has 480.
MOST_BYTES = 1000
IS_KERAS3 = sys.argv[3] == "keras"
keras = importlib.import_module(sys.argv[3])
L = keras.layers


def backbone(i):
    x = L.Conv2D(4, 3, name="conv1")(i)
    x = L.BatchNormalization(name="bn1")(x)
    x = L.SeparableConv2D(6, 3, name="conv2")(x)
    return L.GlobalAveragePooling2D(name="gap")(x)


def classifier(units, head="head"):
    i = L.Input((16, 16, 3), name="image")
    x = L.Dense(8, activation="relu", name="fc")(backbone(i))
    return keras.Model(i, L.Dense(units, name=head)(x), name="classifier")


def with_nested_backbone(units):
    b = L.Input((16, 16, 3), name="inner_image")
    inner = keras.Model(b, backbone(b), name="backbone")
    i = L.Input((16, 16, 3), name="image")
    return keras.Model(i, L.Dense(units, name="top")(inner(i)), name="nested")


def other_order():
    i = L.Input((16, 16, 3), name="image")
    x = L.Conv2D(3, 1, name="stem")(i)
    x = L.Dense(8, name="fc")(backbone(x))
    return keras.Model(i, L.LayerNormalization(name="norm")(x), name="other_order")


def recurrent(units, cells=5):
    return keras.Sequential(
        [
            L.Input((10, 4), name="steps"),
            L.LSTM(cells, return_sequences=True, name="lstm"),
            L.Bidirectional(L.GRU(3), name="both"),
            L.Dense(units, name="out"),
        ],
        name="recurrent",
    )


def frozen_inside(*frozen):
    """Keras reads a nested model's weights in another order where a layer in it is frozen."""
    b = L.Input((4,), name="inner_input")
    x = L.BatchNormalization(name="n1")(L.Dense(4, name="d1")(b))
    x = L.BatchNormalization(name="n2")(L.Dense(4, name="d2")(x))
    inner = keras.Model(b, x, name="backbone")
    i = L.Input((4,), name="input")
    model = keras.Model(i, L.PReLU(name="relu")(inner(i)), name="model")
    for name in frozen:
        (inner if name == "backbone" else inner.get_layer(name)).trainable = False
    return model


def stacked_both_ways():
    cells = [L.GRUCell(3, name="first"), L.LSTMCell(2, name="second")]
    layers = [L.Input((5, 4), name="steps"), L.Bidirectional(L.RNN(cells), name="both")]
    return keras.Sequential([*layers, L.Dense(2, name="out")], name="stacked")


def random_chain(seed):
    """A model of few names and few sizes, so that two of them have much and not all in common."""
    r = random.Random(seed)
    names = r.sample(["a", "b", "c", "d", "e"], r.randint(2, 5))
    i = x = L.Input((8,), name="input")
    for name in names:
        kind = r.choice(["dense", "dense", "norm", "no bias"])
        if kind == "norm":
            x = L.BatchNormalization(name=name)(x)
        else:
            x = L.Dense(r.choice([4, 8]), use_bias=kind == "dense", name=name)(x)
    return keras.Model(i, x, name=f"chain_{seed}")


BUILDERS = {
    "three": lambda: classifier(3),
    "five": lambda: classifier(5),
    "other_head": lambda: classifier(5, "new_head"),
    "nested": lambda: with_nested_backbone(4),
    "other_order": other_order,
    "rnn2": lambda: recurrent(2),
    "rnn7": lambda: recurrent(7),
    "free": frozen_inside,
    "frozen_d1": lambda: frozen_inside("d1"),
    "frozen_all": lambda: frozen_inside("backbone"),
    "stacked": stacked_both_ways,
    "rnn_wide": lambda: recurrent(2, cells=6),
    **{f"chain_{n}": lambda n=n: random_chain(n) for n in range(24)},
}

ZEROS = {"initMissing": "zeros"}
GLOROT = {"initMissing": "glorot", "seed": 7}


def pairs():
    """id, source, target, container of the source, options of recombine, arguments of load_weights."""
    by_name = {"by_name": True}
    both = {"by_name": True, "skip_mismatch": True}
    skip = {"skip_mismatch": True}
    names, skips = {"byName": True}, {"skipMismatch": True}
    named = [
        ("three", "other_head", by_name, names | GLOROT),
        ("three", "five", both, names | skips | GLOROT),
        ("nested", "nested", by_name, names),
        ("three", "other_order", both, names | skips | ZEROS),
        ("rnn2", "rnn7", both, names | skips | ZEROS),
        ("rnn2", "rnn_wide", both, names | skips | GLOROT),
        ("stacked", "stacked", by_name, names),
    ] + [(f"chain_{n}", f"chain_{n + 1}", both, names | skips | ZEROS) for n in range(23)]
    for source, target, how, args in named:
        yield f"{source} to {target} by name, .h5", source, target, "h5", args, how
        # Keras takes names from .h5 alone; what it makes of that is right for .keras too.
        yield f"{source} to {target} by name, .keras", source, target, "keras", args, how
        if IS_KERAS3:
            yield f"{source} to {target} by name, .weights.h5", source, target, "weights.h5", args, how
    for source, target in [
        ("three", "five"),
        ("three", "other_order"),
        ("rnn2", "rnn7"),
        ("rnn2", "rnn_wide"),
    ] + [(f"chain_{n}", f"chain_{n + 1}") for n in range(23)]:
        if IS_KERAS3:
            yield f"{source} to {target} skipping", source, target, "weights.h5", skips | ZEROS, skip


def frozen():
    """Nested models whose flags differ: names say what belongs where, and Keras goes by order."""
    kinds = ["free", "frozen_d1", "frozen_all"]
    for source in kinds:
        for target in kinds:
            for title, how in [("by name", {"byName": True}), ("skipping", {"skipMismatch": True})]:
                yield f"{source} into {target} {title}, .h5", source, target, "h5", how, None


def sharded():
    """Weights that Keras divided among files, into their own architecture."""
    for name in ["three", "nested", "rnn2"] if IS_KERAS3 else []:
        how = {"by_name": True}
        yield f"{name} from Keras's shards", name, name, "weights.json", {"byName": True}, how


RULES = [{"from": "*", "to": "backbone/*"}, {"from": "backbone/*", "to": "*"}]


def mapped():
    """Across levels, which load_weights does not do: names say what is to come where."""
    inward, outward = ({"rules": json.dumps({"layers": [rule]})} | ZEROS for rule in RULES)
    for container in ["h5", "keras"]:
        yield f"three into nested, .{container}", "three", "nested", container, inward, None
        yield f"nested into three, .{container}", "nested", "three", container, outward, None


def fill(model, seed):
    r = np.random.default_rng(seed)
    for w in model.weights:
        w.assign(r.normal(size=w.shape).astype("float32"))


def make(folder):
    os.makedirs(folder, exist_ok=True)
    at = lambda name: os.path.join(folder, name)
    for index, (name, build) in enumerate(BUILDERS.items()):
        model = build()
        fill(model, index)
        model.save(at(f"{name}.keras"))
        model.save(at(f"{name}.h5"))
        model.save_weights(at(f"{name}.weights.h5"))
        if IS_KERAS3 and not name.startswith("chain"):
            model.save_weights(at(f"{name}.weights.json"), max_shard_size=MOST_BYTES / 1024**3)
        if not IS_KERAS3:
            os.replace(at(f"{name}.weights.h5"), at(f"{name}.legacy.h5"))
        with open(at(f"{name}.json"), "w") as f:
            f.write(model.to_json())
    asked = []
    for number, (title, source, target, container, variation, how) in enumerate([*pairs(), *mapped(), *frozen(), *sharded()]):
        out = f"out_{number}.{'h5' if container == 'h5' else 'keras'}"
        asked.append(
            {
                "title": title,
                "architecture": f"{target}.json",
                "weights": f"{source}.{container}",
                "variation": variation,
                "out": out,
                "source": source,
                "target": target,
                "how": how,
            }
        )
    with open(at("pairs.json"), "w") as f:
        json.dump(asked, f)


def expected(folder, pair):
    """The target as Keras loads it, SENTINEL where it loads nothing."""
    model = BUILDERS[pair["target"]]()
    for w in model.weights:
        w.assign(np.full(w.shape, SENTINEL, "float32"))
    how = pair["how"]
    if how is None and pair["source"] in ("free", "frozen_d1", "frozen_all"):
        source = keras.models.load_model(os.path.join(folder, f"{pair['source']}.keras"))
        for layer in [*model.get_layer("backbone").layers, model.get_layer("relu")]:
            owner = source if layer.name == "relu" else source.get_layer("backbone")
            layer.set_weights(owner.get_layer(layer.name).get_weights())
        return model
    if how is None:
        source = keras.models.load_model(os.path.join(folder, f"{pair['source']}.keras"))
        inward = pair["target"] == "nested"
        inner = (model if inward else source).get_layer("backbone")
        outer = source if inward else model
        for layer in inner.layers:
            old, new = (outer, inner) if inward else (inner, outer)
            if layer.weights:
                new.get_layer(layer.name).set_weights(old.get_layer(layer.name).get_weights())
        return model
    file = "h5" if "by_name" in how or not IS_KERAS3 else "weights.h5"
    model.load_weights(os.path.join(folder, f"{pair['source']}.{file}"), **how)
    return model


def judge(folder, pair):
    want = expected(folder, pair)
    fresh = BUILDERS[pair["target"]]()
    got = keras.models.load_model(os.path.join(folder, pair["out"]))
    if len(got.weights) != len(want.weights):
        return f"{len(got.weights)} variables, expected {len(want.weights)}"
    loaded = 0
    for ours, theirs, start in zip(got.weights, want.weights, fresh.weights):
        name = getattr(theirs, "path", theirs.name)
        ours, theirs, start = map(np.array, (ours, theirs, start))
        if not np.all(theirs == SENTINEL):
            loaded += 1
            if not np.array_equal(ours, theirs):
                return f"{name} is not as Keras loads it"
        elif np.all(start == start.flat[0]):
            if not np.array_equal(ours, start):
                return f"{name} is not initialised as Keras does"
        elif pair["variation"].get("initMissing") == "zeros" and "lstm" not in name.lower():
            if np.any(ours != 0):
                return f"{name} is not zero"
        elif pair["variation"].get("initMissing") == "glorot" and ours.std() == 0:
            return f"{name} is not random"
    if os.path.isdir(os.path.join(folder, f"{pair['out']}.parts")):
        parts = os.path.join(folder, f"{pair['out']}.parts")
        with open(os.path.join(parts, "architecture.json")) as f:
            empty = keras.models.model_from_json(f.read())
        empty.load_weights(os.path.join(parts, "model.weights.json"))
        for a, b in zip(empty.weights, got.weights):
            if not np.array_equal(a, b):
                return f"{a.path} is not in the shards as in the model"
    return None if loaded or "chain" in pair["title"] else "Keras loads nothing of this pair"


def main():
    mode, folder, _ = sys.argv[1:]
    if mode == "make":
        make(folder)
        return
    with open(os.path.join(folder, "pairs.json")) as f:
        for pair in json.load(f):
            try:
                print(json.dumps({"title": pair["title"], "reason": judge(folder, pair)}), flush=True)
            except Exception as error:  # a verdict on one pair, not the end of all
                reason = f"{type(error).__name__}: {error}"[:400]
                print(json.dumps({"title": pair["title"], "reason": reason}), flush=True)


main()
