"""Makes the models that the benchmark measures, with Keras 3 on jax.

make_models.py KIND OUT NUMBERS…

trained WIDTH LAYERS          a chain of Dense layers, one step trained with Adam, saved by Keras
                              (OUT says by its name whether as .h5 or .keras)
tensors COUNT BYTES           COUNT Dense layers without bias side by side, saved by Keras
sparse WIDTH LAYERS           the tree of a model that Keras saved, its layers WIDTH wide, without
                              the values: a .h5 with holes where the tensors are
"""

import os
import sys
from pathlib import Path

import h5py
import numpy as np

NARROW = 97  # stands for the width in the model whose tree a sparse file takes


def main(kind, out, *numbers):
    makers = {"trained": trained, "tensors": tensors, "sparse": sparse}
    target = Path(out)
    unfinished = target.with_name("unfinished-" + target.name)
    makers[kind](unfinished, *map(int, numbers))
    descriptor = os.open(unfinished, os.O_RDWR)
    os.fsync(descriptor)
    os.close(descriptor)
    unfinished.rename(target)


def trained(path, width, count):
    import keras

    keras.utils.set_random_seed(1)
    layers = [keras.layers.Dense(width, name=f"dense_{i}") for i in range(count)]
    model = keras.Sequential([keras.Input((width,)), *layers], name="bench")
    model.compile(keras.optimizers.Adam(), keras.losses.MeanSquaredError())
    one = np.ones((1, width), "float32")
    model.fit(one, one, verbose=0)
    model.save(path)


def tensors(path, count, size):
    import keras

    keras.utils.set_random_seed(1)
    given = keras.Input((max(1, round((size / 4 / count) ** 0.5)),))
    units = max(1, round(size / 4 / count / given.shape[1]))
    dense = [keras.layers.Dense(units, use_bias=False, name=f"dense_{i}") for i in range(count)]
    keras.Model(given, [layer(given) for layer in dense], name="bench").save(path)


def sparse(path, width, count):
    small = path.with_name("small-" + path.name)
    trained(small, NARROW, count)
    with h5py.File(small) as source, h5py.File(path, "w") as target:
        widen(source, target, width)
    small.unlink()


def widen(source, target, width):
    """Groups, attributes and datasets of `source`, each side of NARROW become `width`."""
    for name, value in source.attrs.items():
        target.attrs[name] = wider(value, width)
    for name, child in source.items():
        if isinstance(child, h5py.Group):
            widen(child, target.create_group(name), width)
        elif NARROW in child.shape:
            shape = tuple(width if side == NARROW else side for side in child.shape)
            unwritten(target, name, shape, child.dtype)
        else:
            source.copy(child, target, name)


def wider(value, width):
    """The configuration is one text, in which NARROW stands for the width alone."""
    if not isinstance(value, str):
        return value
    return value.replace(f'"units": {NARROW}', f'"units": {width}').replace(
        f"[null, {NARROW}]", f"[null, {width}]"
    )


def unwritten(group, name, shape, dtype):
    """A contiguous dataset with its place in the file, nothing written there."""
    creation = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    creation.set_layout(h5py.h5d.CONTIGUOUS)
    creation.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    creation.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
    space = h5py.h5s.create_simple(shape)
    h5py.h5d.create(group.id, name.encode(), h5py.h5t.py_create(dtype), space, creation)


main(*sys.argv[1:])
