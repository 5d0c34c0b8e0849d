"""Many kinds of layers with weights, above all those whose trees are nested or oddly ordered."""

from models.fixture import JAX, TF_KERAS, Built, Fixture
from models.trained import normal


def spatial(keras, rng):
    layers = keras.layers
    image = keras.Input((8, 8, 3), name="image")
    y = layers.SeparableConv2D(6, 3, depth_multiplier=2, activation="relu")(image)
    y = layers.GroupNormalization(groups=3)(y)
    y = layers.DepthwiseConv2D(3, depth_multiplier=2, padding="same")(y)
    y = layers.PReLU(shared_axes=[1, 2])(y)
    y = layers.Conv2DTranspose(4, 3, strides=2, padding="same")(y)
    y = layers.BatchNormalization()(layers.LayerNormalization()(y))
    y = layers.GlobalAveragePooling2D()(layers.UnitNormalization()(y))
    volume = keras.Input((4, 4, 4, 2), name="volume")
    z = layers.GlobalAveragePooling3D()(layers.Conv3D(3, 2, activation="tanh")(volume))
    table = keras.Input((3,), name="table")
    adapted = layers.Normalization()
    adapted.adapt(rng.normal(2, 3, (9, 3)).astype("float32"))
    merged = layers.Concatenate()([y, z, adapted(table)])
    model = keras.Model([image, volume, table], layers.Dense(2)(merged), name="spatial")
    inputs = [normal(rng, (3, *x.shape[1:])) for x in model.inputs]
    return trained(keras, model, inputs, normal(rng, (3, 2)))


def sequence(keras, rng):
    layers = keras.layers
    x = keras.Input((5, 4), name="steps")
    y = layers.TimeDistributed(layers.Dense(6, activation="relu"))(x)
    y = layers.Bidirectional(layers.GRU(3, return_sequences=True))(y)
    attended = layers.MultiHeadAttention(num_heads=2, key_dim=3)(y, y)
    y = layers.LayerNormalization()(layers.Add()([y, attended]))
    y = layers.EinsumDense("abc,cd->abd", output_shape=(None, 4), bias_axes="d")(y)
    y = layers.AdditiveAttention()([y, x])
    cells = layers.StackedRNNCells([layers.LSTMCell(4), layers.GRUCell(3)])
    y = layers.RNN(cells, return_sequences=True)(y)
    y = layers.Bidirectional(layers.LSTM(2), merge_mode="sum")(y)
    model = keras.Model(x, layers.Dense(2)(y), name="sequence")
    return trained(keras, model, [normal(rng, (3, 5, 4))], normal(rng, (3, 2)))


def spectral(keras, rng):
    layers = keras.layers
    x = keras.Input((6, 6, 2), name="image")
    y = layers.SpectralNormalization(layers.Conv2D(3, 3))(x)
    y = layers.SpectralNormalization(layers.Dense(4), power_iterations=2)(layers.Flatten()(y))
    model = keras.Model(x, layers.Dense(2)(y), name="spectral")
    return trained(keras, model, [normal(rng, (3, 6, 6, 2))], normal(rng, (3, 2)))


def trained(keras, model, inputs, targets):
    model.compile(keras.optimizers.Adam(0.01), "mean_squared_error")
    return Built(model, inputs, targets)


def fixture(id, build, notes, writers=(JAX, TF_KERAS)):
    return Fixture(id, writers, ("keras", "h5", "weights.h5", "arch.json"), build, notes)


FIXTURES = [
    fixture("kinds_spatial", spatial, "convolutions of all sorts, normalisations, PReLU"),
    fixture("kinds_sequence", sequence, "attention, wrappers, stacked cells, EinsumDense"),
    fixture("kinds_spectral", spectral, "SpectralNormalization of Conv2D and Dense", (JAX,)),
]
