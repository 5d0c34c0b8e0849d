"""One GET of an object and one PUT of its bytes: s3_get_put.py BUCKET KEY NEW_KEY"""

import sys

import boto3

bucket, key, new = sys.argv[1:]
client = boto3.client("s3")
body = client.get_object(Bucket=bucket, Key=key)["Body"].read()
client.put_object(Bucket=bucket, Key=new, Body=body)
