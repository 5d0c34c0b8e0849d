"""The parts of a model with Keras itself: load_model, to_json, save_weights.

keras_parts.py MODEL FOLDER
"""

import sys
from pathlib import Path

import keras
from durable import flush

model, folder = sys.argv[1], Path(sys.argv[2])
folder.mkdir()
loaded = keras.models.load_model(model)
architecture, weights = folder / "architecture.json", folder / "model.weights.h5"
architecture.write_text(loaded.to_json())
loaded.save_weights(weights)
for path in (architecture, weights, folder):
    flush(path)
