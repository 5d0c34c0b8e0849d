"""The classes and functions that fixtures marked `needs_code` lack, for whichever Keras is given.

Runs on Python 3.6 with Keras 2.3.1 as well as on Python 3.11 with Keras 3 and tf_keras.
"""


def corpus_objects(keras):
    """Code of the fixtures that came with the corpus (registered there under `Corpus`)."""

    class Scale(keras.layers.Layer):
        def __init__(self, factor=1.0, **kwargs):
            super(Scale, self).__init__(**kwargs)
            self.factor = factor

        def build(self, input_shape):
            self.w = self.add_weight(name="w", shape=(input_shape[-1],), initializer="ones")
            step_shape = () if is_keras3(keras) else (1,)
            self.step = self.add_weight(
                name="step", shape=step_shape, initializer="zeros", trainable=False
            )
            super(Scale, self).build(input_shape)

        def call(self, x):
            step = self.step if is_keras3(keras) else self.step[0]
            return x * self.w * self.factor + step

        def get_config(self):
            return dict(super(Scale, self).get_config(), factor=self.factor)

    def odd_loss(y_true, y_pred):
        return mean_square(keras)(y_true - y_pred)

    objects = {"Scale": Scale, "odd_loss": odd_loss}
    if is_keras3(keras):
        objects["Sub"] = sub_class(keras)
    return with_package("Corpus", objects)


def custom_objects(keras):
    """Everything the fixtures need, by the names under which they ask for it."""
    objects = corpus_objects(keras)
    if hasattr(keras, "saving"):
        from custom_made import made_objects

        objects.update(with_package("Cleave", made_objects(keras)))
    return objects


def sub_class(keras):
    layers = keras.layers

    class Sub(keras.Model):
        def __init__(self, units=4, **kwargs):
            super().__init__(**kwargs)
            self.units = units
            self.zz = layers.Dense(units, activation="relu")
            self.aa = layers.Dense(3)
            self.Bb = layers.BatchNormalization()
            self.blocks = [layers.Dense(units), layers.Dense(units)]
            self._hidden = layers.Dense(units)

        def call(self, x):
            x = self.Bb(self.zz(x))
            for block in self.blocks:
                x = x + block(x)
            return self.aa(self._hidden(x))

        def get_config(self):
            return dict(super().get_config(), units=self.units)

    return Sub


def with_package(package, objects):
    registered = {package + ">" + name: thing for name, thing in objects.items()}
    registered.update(objects)
    return registered


def is_keras3(keras):
    return keras.__version__.startswith("3.")


def mean_square(keras):
    if is_keras3(keras):
        return lambda d: keras.ops.mean(keras.ops.square(d))
    return lambda d: keras.backend.mean(keras.backend.square(d))
