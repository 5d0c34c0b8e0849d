import type { Answer } from "../answer.ts";
import type { Exchange } from "../exchange.ts";
import type { Service } from "../service.ts";
import * as buckets from "./buckets.ts";
import { completeMultipartUpload } from "./complete-multipart-upload.ts";
import { copyObject } from "./copy-object.ts";
import { deleteObject, deleteObjects } from "./delete-object.ts";
import { getObjectAttributes } from "./get-object-attributes.ts";
import { getObject } from "./get-object.ts";
import { listObjectsV2, listObjectVersions } from "./list-objects.ts";
import { deleteObjectTagging, getObjectTagging, putObjectTagging } from "./object-tagging.ts";
import { putObject } from "./put-object.ts";
import { uploadPart, uploadPartCopy } from "./upload-part.ts";
import * as uploads from "./uploads.ts";

type Operation = (service: Service, exchange: Exchange) => Answer | Promise<Answer>;

/** What is served, by its name in the API Reference. */
export const operations: Readonly<Record<string, Operation>> = {
  AbortMultipartUpload: uploads.abortMultipartUpload,
  CompleteMultipartUpload: completeMultipartUpload,
  CopyObject: copyObject,
  CreateBucket: buckets.createBucket,
  CreateMultipartUpload: uploads.createMultipartUpload,
  DeleteBucket: buckets.deleteBucket,
  DeleteObject: deleteObject,
  DeleteObjectTagging: deleteObjectTagging,
  DeleteObjects: deleteObjects,
  GetBucketLocation: buckets.getBucketLocation,
  GetBucketVersioning: buckets.getBucketVersioning,
  GetObject: getObject,
  GetObjectAttributes: getObjectAttributes,
  GetObjectTagging: getObjectTagging,
  HeadBucket: buckets.headBucket,
  HeadObject: getObject,
  ListBuckets: buckets.listBuckets,
  ListMultipartUploads: uploads.listMultipartUploads,
  ListObjectVersions: listObjectVersions,
  ListObjectsV2: listObjectsV2,
  ListParts: uploads.listParts,
  PutBucketVersioning: buckets.putBucketVersioning,
  PutObject: putObject,
  PutObjectTagging: putObjectTagging,
  UploadPart: uploadPart,
  UploadPartCopy: uploadPartCopy,
};
