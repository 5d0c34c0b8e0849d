"""Adapted vocabularies, which `.keras` keeps as assets."""

import numpy as np

from models.fixture import TENSORFLOW, TF213, TF_KERAS, Built, Fixture

WORDS = ["mañana", "日本", "naïve café", "plain", "tab\there", "🙂", "Ωmega", "plain", "plain"]
TEXTS = ["Der Überfluß der Bäume", "日本 の 木 bäume", "plain words, plain text", "ΑΒΓ alpha plain"]


def string_lookup(keras, rng):
    layers = keras.layers
    lookup = layers.StringLookup()
    lookup.adapt(np.array(WORDS))
    x = keras.Input((3,), dtype="string")
    embedded = layers.Embedding(lookup.vocabulary_size(), 4)(lookup(x))
    model = keras.Model(x, layers.Dense(2)(layers.Flatten()(embedded)))
    return Built(model, [np.array([["日本", "plain", "?"], ["🙂", "mañana", "Ωmega"]])])


def string_tf_idf(keras, rng):
    layers = keras.layers
    lookup = layers.StringLookup(output_mode="tf_idf")
    lookup.adapt(np.array([WORDS[:4], WORDS[2:6], WORDS[4:8]]))
    x = keras.Input((3,), dtype="string")
    model = keras.Model(x, layers.Dense(2)(lookup(x)))
    return Built(model, [np.array([["日本", "plain", "?"], ["🙂", "mañana", "plain"]])])


def integer_lookup(keras, rng):
    layers = keras.layers
    lookup = layers.IntegerLookup(num_oov_indices=2)
    lookup.adapt(np.array([10, 10, -3, 2**40, 7, 7, 7]))
    x = keras.Input((3,), dtype="int64")
    embedded = layers.Embedding(lookup.vocabulary_size(), 4)(lookup(x))
    model = keras.Model(x, layers.Dense(2)(layers.Flatten()(embedded)))
    return Built(model, [np.array([[10, 7, 5], [2**40, -3, 6]])])


def text_vectorization(keras, rng):
    layers = keras.layers
    text = layers.TextVectorization(output_mode="int", output_sequence_length=5)
    text.adapt(np.array(TEXTS))
    x = keras.Input((1,), dtype="string")
    embedded = layers.Embedding(text.vocabulary_size(), 3)(text(x))
    model = keras.Model(x, layers.Dense(2)(layers.GlobalAveragePooling1D()(embedded)))
    return Built(model, [np.array([["die Bäume"], ["plain 日本 words"]])])


def text_tf_idf(keras, rng):
    layers = keras.layers
    text = layers.TextVectorization(output_mode="tf_idf", ngrams=2)
    text.adapt(np.array(TEXTS))
    model = keras.Sequential([keras.Input((1,), dtype="string"), text, layers.Dense(2)])
    return Built(model, [np.array([["der Überfluß"], ["plain text"]])])


def several(keras, rng):
    """Three vocabularies, one inside a nested model, one given in the config, and a trained head."""
    layers = keras.layers
    strings = layers.StringLookup(output_mode="multi_hot", mask_token="[MASK]")
    strings.adapt(np.array(WORDS))
    inner_x = keras.Input((2,), dtype="string")
    inner = keras.Model(inner_x, layers.Dense(3)(strings(inner_x)), name="encoder")
    integers = layers.IntegerLookup(output_mode="count")
    integers.adapt(np.array([1, 2, 3, 3]))
    given = layers.StringLookup(vocabulary=["a", "ä"], output_mode="multi_hot")
    numbers = layers.Normalization()
    numbers.adapt(rng.normal(size=(5, 2)).astype("float32"))
    words, ids, letters, values = inputs = [
        keras.Input((2,), dtype="string", name="words"),
        keras.Input((2,), dtype="int64", name="ids"),
        keras.Input((2,), dtype="string", name="letters"),
        keras.Input((2,), name="values"),
    ]
    merged = layers.Concatenate()([inner(words), integers(ids), given(letters), numbers(values)])
    model = keras.Model(inputs, layers.Dense(2)(merged))
    model.compile(keras.optimizers.Adam(0.01), "mean_squared_error", jit_compile=False)
    data = [
        np.array([["日本", "plain"], ["?", "mañana"]]),
        np.array([[1, 3], [2, 9]]),
        np.array([["a", "b"], ["ä", "a"]]),
        rng.normal(size=(2, 2)).astype("float32"),
    ]
    return Built(model, data, rng.normal(size=(2, 2)).astype("float32"))


def fixture(id, build, notes, writers=(TENSORFLOW, TF_KERAS)):
    return Fixture(id, writers, ("keras",), build, notes, needs_tf=True)


FIXTURES = [
    fixture("lookup_string", string_lookup, "adapted StringLookup, non-ASCII tokens"),
    fixture("lookup_string_tf_idf", string_tf_idf, "adapted StringLookup, tf_idf"),
    fixture("lookup_integer", integer_lookup, "adapted IntegerLookup with two OOV indices"),
    fixture(
        "text_vectorization",
        text_vectorization,
        "adapted TextVectorization: its vocabulary is stored twice",
        (TENSORFLOW, TF_KERAS, TF213),
    ),
    fixture("text_tf_idf", text_tf_idf, "adapted TextVectorization, tf_idf of bigrams"),
    fixture("lookup_several", several, "four preprocessing layers, one nested; trained with Adam"),
]
