"""What people do without cleave, by Keras: download, load_model, to_json, save_weights, upload.

s3_keras_today.py BUCKET MODEL PREFIX
"""

import sys
import tempfile
from pathlib import Path

import boto3
import keras

bucket, key, prefix = sys.argv[1:]
client = boto3.client("s3")
with tempfile.TemporaryDirectory() as folder:
    model = Path(folder) / Path(key).name
    client.download_file(bucket, key, str(model))
    loaded = keras.models.load_model(model)
    parts = Path(folder) / "parts"
    parts.mkdir()
    (parts / "architecture.json").write_text(loaded.to_json())
    loaded.save_weights(parts / "model.weights.h5")
    for part in parts.iterdir():
        client.upload_file(str(part), bucket, f"{prefix}/{part.name}")
