"""Prints the versions of what is measured besides cleave, as JSON."""

import json
import platform

import h5py
import jax
import keras

print(
    json.dumps(
        {
            "python": platform.python_version(),
            "keras": keras.version(),
            "jax": jax.__version__,
            "h5py": h5py.__version__,
            "hdf5": h5py.version.hdf5_version,
        }
    )
)
