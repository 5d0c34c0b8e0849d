"""The classes of the fixtures made here (registered under `Cleave`), for Keras 3 and tf.keras."""

import numpy as np


def made_objects(keras):
    objects = trap_layers(keras)
    objects["Assorted"] = assorted_layer(keras)
    objects["Labels"] = labels_layer(keras)
    objects["Gan"] = gan_model(keras)
    objects["Critic"] = critic_model(keras)
    objects["odd_inner_loss"] = odd_inner_loss
    return objects


def odd_inner_loss(y_true, y_pred):
    return (y_true - y_pred) ** 2


def trap_layers(keras):
    """Classes and attributes whose paths in a v3 tree look like something else."""
    layers = keras.layers

    class Gain(layers.Layer):
        def build(self, input_shape):
            self.w = self.add_weight(name="w", shape=(input_shape[-1],), initializer="ones")
            super().build(input_shape)

        def call(self, x):
            return x * self.w

    class Box(layers.Layer):
        """Three Dense layers under attributes that sound like training state."""

        def __init__(self, units=2, **kwargs):
            super().__init__(**kwargs)
            self.units = units
            self.optimizer = layers.Dense(units)
            self.extra_optimizer = layers.Dense(units)
            self.metrics_head = layers.Dense(units)

        def build(self, input_shape):
            hidden = (None, self.units)
            self.optimizer.build(input_shape)
            self.extra_optimizer.build(hidden)
            self.metrics_head.build(hidden)
            super().build(input_shape)

        def call(self, x):
            return self.metrics_head(self.extra_optimizer(self.optimizer(x)))

        def get_config(self):
            return dict(super().get_config(), units=self.units)

    names = ["Optimizer", "Metrics", "Vars", "Layers", "__proto__", "constructor"]
    named = {name: type(name, (Gain,), {}) for name in names}
    return dict(named, Box=Box)


def assorted_layer(keras):
    """One weight of every dtype that Keras lets a layer hold, and an empty one."""

    class Assorted(keras.layers.Layer):
        DTYPES = {
            "mask": ("bool", (4,)),
            "table": ("uint8", (4,)),
            "offsets": ("int8", (4,)),
            "ids": ("int32", (2, 2)),
            "steps": ("int64", ()),
            "empty": ("float32", (0, 3)),
            "half": ("float16", (4,)),
            "brain": ("bfloat16", (4,)),
            "double": ("float64", (1,)),
        }

        def __init__(self, leave_out=(), **kwargs):
            super().__init__(**kwargs)
            self.leave_out = list(leave_out)

        def build(self, input_shape):
            self.gain = self.add_weight(name="gain", shape=(4,), initializer="ones")
            for name, (dtype, shape) in self.DTYPES.items():
                if name not in self.leave_out:
                    weight = self.add_weight(
                        name=name, shape=shape, dtype=dtype, initializer="zeros", trainable=False
                    )
                    setattr(self, name, weight)
            super().build(input_shape)

        def call(self, x):
            y = x * self.gain
            for name in ("mask", "table", "offsets", "steps", "half"):
                y = y + cast(keras, getattr(self, name))
            return y

        def get_config(self):
            return dict(super().get_config(), leave_out=self.leave_out)

    return Assorted


def labels_layer(keras):
    """A weight of strings, which tf.keras stores and Keras 3 knows nothing of."""

    class Labels(keras.layers.Layer):
        def build(self, input_shape):
            self.gain = self.add_weight(name="gain", shape=(3,), initializer="ones")
            self.labels = self.add_weight(
                name="labels", shape=(3,), dtype="string", initializer=no_labels, trainable=False
            )
            super().build(input_shape)

        def call(self, x):
            return x * self.gain

    return Labels


def no_labels(shape, dtype=None, **_):
    import tensorflow as tf

    return tf.fill(shape, "")


def gan_model(keras):
    layers = keras.layers

    class Gan(keras.Model):
        """Two optimizers of its own besides the one that compile() makes."""

        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.generator = keras.Sequential([layers.Dense(3, activation="relu"), layers.Dense(4)])
            self.discriminator = keras.Sequential([layers.Dense(3), layers.Dense(1)])

        def build(self, input_shape):
            self.generator.build(input_shape)
            self.discriminator.build((None, 4))
            super().build(input_shape)

        def compile(self, d_optimizer=None, g_optimizer=None, **kwargs):
            super().compile(**kwargs)
            self.d_optimizer = d_optimizer or keras.optimizers.Adam()
            self.g_optimizer = g_optimizer or keras.optimizers.SGD(momentum=0.9)
            self.d_optimizer.build(self.discriminator.trainable_variables)
            self.g_optimizer.build(self.generator.trainable_variables)

        def compile_from_config(self, config):
            self.compile(**keras.saving.deserialize_keras_object(config))

        def call(self, x):
            return self.discriminator(self.generator(x))

        def get_config(self):
            return {"name": self.name}

    return Gan


def critic_model(keras):
    layers = keras.layers

    class Critic(keras.Model):
        """Dense layers, with weights, under the names of optimizers and metrics."""

        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.d_optimizer = layers.Dense(3)
            self.metrics_head = layers.Dense(2)

        def build(self, input_shape):
            self.d_optimizer.build(input_shape)
            self.metrics_head.build((None, 3))
            super().build(input_shape)

        def call(self, x):
            return self.metrics_head(self.d_optimizer(x))

        def get_config(self):
            return {"name": self.name}

    return Critic


def cast(keras, value):
    if keras.__version__.startswith("3."):
        return keras.ops.cast(value, "float32")
    import tensorflow as tf

    return tf.cast(value, tf.float32)


def assorted_values(rng):
    return {
        "mask": rng.integers(0, 2, 4).astype(bool),
        "table": rng.integers(0, 256, 4).astype("uint8"),
        "offsets": rng.integers(-128, 128, 4).astype("int8"),
        "ids": rng.integers(-(2**31), 2**31, (2, 2)).astype("int32"),
        "steps": np.array(7, "int64"),
        "empty": np.zeros((0, 3), "float32"),
        "half": rng.normal(size=4).astype("float16"),
        "brain": rng.normal(size=4).astype("float32"),
        "double": rng.normal(size=1),
    }
