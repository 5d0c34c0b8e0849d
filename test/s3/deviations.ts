/** Where a judge is known not to do as S3 does. */
export interface Deviation {
  readonly judge: string;
  /** The name of the check. */
  readonly check: string;
  /** What it does instead. */
  readonly got: string;
}

function of(judge: string, known: readonly (readonly [check: string, got: string])[]): Deviation[] {
  return known.map(([check, got]) => ({ judge, check, got }));
}

/** One that is no more fails the run like a new one. */
export const deviations: readonly Deviation[] = [
  // Apart from these it does all that the contract says.
  ...of("localstack", [
    ["a request for the bucket of another owner is refused", "accepted, not AccessDenied 403"],
    ["Complete may be repeated and answers the same", "NoSuchUpload 404"],
    ["Complete without parts is MalformedXML", "InvalidRequest 400, not MalformedXML 400"],
    ["a part with a wrong CRC32 is BadDigest and not kept", "length of the object: 0, not 9"],
    [
      "a range of a source of 5 MB is InvalidRequest, the whole of it is not",
      "accepted, not InvalidRequest 400",
    ],
    [
      "numbers of parts with checksums begin with 1 and leave no gap (FULL_OBJECT)",
      "accepted, not InvalidPartOrder 400",
    ],
    [
      "numbers of parts with checksums begin with 1 and leave no gap (COMPOSITE)",
      "accepted, not InvalidPartOrder 400",
    ],
    ["a source is copied by its ETag, whatever If-Unmodified-Since says", "PreconditionFailed 412"],
    [
      "an object is read of the ETag in If-Match, whatever If-Unmodified-Since says",
      "PreconditionFailed 412",
    ],
    ["tags that are too many or twice are refused", "accepted, not BadRequest 400"],
    ["metadata of 2 KB is kept, more is MetadataTooLarge", "accepted, not MetadataTooLarge 400"],
    ["a key that is too long is so to CreateMultipartUpload", "accepted, not KeyTooLongError 400"],
    ["DeleteObjects takes 1000 keys, more are MalformedXML", "accepted, not MalformedXML 400"],
  ]),
  // It neither compares nor keeps most checksums, and checks little of what a request says.
  ...of("moto", [
    ["tags that are too many or twice are refused", "accepted, not InvalidTag 400"],
    [
      "Put with the MD5 of other bytes is refused, nothing is stored",
      "accepted, not BadDigest 400",
    ],
    ["GetObjectAttributes has size, ETag without quotes, and checksum", "size: nothing, not 70001"],
    ["a request for the bucket of another owner is refused", "accepted, not AccessDenied 403"],
    [
      "a deleted object is NoSuchKey, and the answer tells of a delete marker",
      "x-amz-delete-marker: nothing, not true",
    ],
    [
      "a delete marker by its id is MethodNotAllowed",
      "NoSuchVersion 404, not MethodNotAllowed 405",
    ],
    [
      "DeleteObjects removes a version for good, and says nothing when it is to be quiet",
      "deleted: 1, not 0",
    ],
    ["Put keeps a right CRC32, of the full object", "CRC32 of Put: nothing, not y/Q5Jg=="],
    ["Put keeps a right CRC32C, of the full object", "CRC32C of Put: nothing, not 4waSgw=="],
    [
      "Put keeps a right CRC64NVME, of the full object",
      "CRC64NVME of Put: nothing, not rosUhgp5mIg=",
    ],
    [
      "Put keeps a right SHA256, of the full object",
      "SHA256 of Put: nothing, not FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=",
    ],
    ["Put with a wrong CRC32 is refused, nothing is stored", "accepted, not BadDigest 400"],
    ["Put with a wrong CRC32C is refused, nothing is stored", "accepted, not BadDigest 400"],
    ["Put with a wrong CRC64NVME is refused, nothing is stored", "accepted, not BadDigest 400"],
    ["Put with a wrong SHA256 is refused, nothing is stored", "accepted, not BadDigest 400"],
    ["a Put that states no checksum gets a CRC64NVME", "CRC64NVME: nothing, not rosUhgp5mIg="],
    ["a Put of the SDK as it comes has a CRC32", "type: nothing, not FULL_OBJECT"],
    ["Get of the whole object states its checksum, if asked", "CRC32: nothing, not y/Q5Jg=="],
    [
      "an object of no bytes has the checksum of none",
      "SHA256: nothing, not 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
    ],
    ["a checksum that is none is refused", "accepted, not InvalidRequest 400"],
    ["two checksums of two kinds are refused", "accepted, not InvalidRequest 400"],
    ["an upload that was aborted is gone, and left no object", "Error 500, not NoSuchUpload 404"],
    ["Head and Get of a part are of that part", "length of the part: 5243881, not 1001"],
    [
      "numbers of parts that do not ascend are InvalidPartOrder",
      "accepted, not InvalidPartOrder 400",
    ],
    [
      "numbers of parts below 1 and above 10000 are InvalidArgument",
      "NoSuchUpload 404, not InvalidArgument 400",
    ],
    [
      "an upload that is not there is NoSuchUpload to every request",
      "Error 500, not NoSuchUpload 404",
    ],
    ["an upload of another key is NoSuchUpload", "accepted, not NoSuchUpload 404"],
    [
      "Complete with a wrong size of the object is InvalidRequest, the upload goes on",
      "accepted, not InvalidRequest 400",
    ],
    [
      "Complete with If-Match leaves another object as it is",
      "accepted, not PreconditionFailed 412",
    ],
    ["Complete with If-Match where nothing is is NoSuchKey", "accepted, not NoSuchKey 404"],
    ["CRC32 of an upload is COMPOSITE unless said otherwise", "type: nothing, not COMPOSITE"],
    ["CRC32C of an upload is COMPOSITE unless said otherwise", "type: nothing, not COMPOSITE"],
    ["SHA256 of an upload is COMPOSITE unless said otherwise", "type: nothing, not COMPOSITE"],
    [
      "CRC64NVME of an upload is FULL_OBJECT unless said otherwise",
      "type: nothing, not FULL_OBJECT",
    ],
    [
      "a full SHA256 and a composite CRC64NVME cannot be asked for",
      "accepted, not InvalidRequest 400",
    ],
    ["UploadPart states the CRC32 of its part", "CRC32: nothing, not y/Q5Jg=="],
    ["Complete states the full CRC32, from parts sent last first", "CRC32: nothing, not CcWMHQ=="],
    ["Complete computes the full CRC32 when it is not told", "CRC32: nothing, not CcWMHQ=="],
    ["GetObjectAttributes states the full CRC32 and the number of parts", "parts: nothing, not 2"],
    [
      "Complete with a wrong full CRC32 is BadDigest, the upload goes on",
      "accepted, not BadDigest 400",
    ],
    ["a part with a wrong CRC32 is BadDigest and not kept", "accepted, not BadDigest 400"],
    ["Complete with another CRC32 of a part is InvalidPart", "accepted, not InvalidPart 400"],
    [
      "a part with a checksum of another kind than the upload's is refused",
      "accepted, not InvalidRequest 400",
    ],
    ["a composite CRC32 is that of the parts' CRC32s", "CRC32: akrDOg==, not akrDOg==-2"],
    [
      "a composite SHA256 is that of the parts' SHA256s",
      "SHA256: l+tQVab0Ytk9vy5sGoFFiQtJaleZ3YCFx10rsHk6XBw=, not l+tQVab0Ytk9vy5sGoFFiQtJaleZ3YCFx10rsHk6XBw=-2",
    ],
    [
      "a full CRC32C of parts is that of the same bytes in one Put",
      "of Complete: nothing, not aR0DnQ==",
    ],
    [
      "a full CRC64NVME of parts is that of the same bytes in one Put",
      "of Complete: nothing, not ZzBuEqs41kc=",
    ],
    [
      "an upload that asks for no checksum has a full CRC64NVME",
      "CRC64NVME: nothing, not rosUhgp5mIg=",
    ],
    ["parts are listed with number, size, ETag and checksum", "CRC32: nothing, not y/Q5Jg=="],
    ["parts are listed in pages, each once", "numbers: [1,2,10,11], not [1,2,10,11,100]"],
    ["a range of an older version is copied from that version", "version of the source is another"],
    ["the CRC32 of a copied range is the range's", "CRC32: nothing, not NUXxfA=="],
    [
      "the CRC32 of a copied range is the range's, of a source that has one of its own",
      "CRC32: nothing, not fNnftA==",
    ],
    [
      "of a part that is sent twice the later CRC32 counts in the full one",
      "CRC32: nothing, not CcWMHQ==",
    ],
    [
      "a part that was copied may be sent in its place, and the other way round",
      "CRC32: nothing, not Hkj9eA==",
    ],
    [
      "parts sent and parts copied, last first, have one full CRC32 and one size",
      "CRC32 of Complete: nothing, not EnVcoQ==",
    ],
    [
      "a source is copied if it has the ETag that is asked for, and else refused",
      "accepted, not PreconditionFailed 412",
    ],
    ["a range that ends after the source is InvalidArgument", "accepted, not InvalidArgument 400"],
    ["a copied range without both ends is InvalidArgument", "accepted, not InvalidArgument 400"],
    [
      "a range of a source of 5 MB is InvalidRequest, the whole of it is not",
      "accepted, not InvalidRequest 400",
    ],
    [
      "a source that is not there is NoSuchKey, also one that was deleted",
      "NotFound 404, not NoSuchKey 404",
    ],
    [
      "a version of a source that was removed is NoSuchVersion",
      "NotFound 404, not NoSuchVersion 404",
    ],
    ["a copy into an upload that is not there is NoSuchUpload", "Error 500, not NoSuchUpload 404"],
    ["a key has 1024 bytes at most", "accepted, not KeyTooLongError 400"],
    [
      "numbers of parts with checksums begin with 1 and leave no gap (FULL_OBJECT)",
      "accepted, not InvalidPartOrder 400",
    ],
    [
      "numbers of parts with checksums begin with 1 and leave no gap (COMPOSITE)",
      "accepted, not InvalidPartOrder 400",
    ],
    ["a part with a wrong CRC32C is BadDigest", "accepted, not BadDigest 400"],
    ["a part with a wrong CRC64NVME is BadDigest", "accepted, not BadDigest 400"],
    ["a part with a wrong SHA256 is BadDigest", "accepted, not BadDigest 400"],
    [
      "GetObjectAttributes states a composite CRC32 without the number of parts, and the parts'",
      "number of parts: nothing, not 2",
    ],
    [
      "GetObjectAttributes does not list the parts where the checksum is of the full object",
      "number of parts: nothing, not 2",
    ],
    ["GetObjectAttributes gives parts in pages", "truncated: nothing, not true"],
    [
      "ListParts says algorithm and type of an upload, and the CRC32 of parts sent and copied",
      "algorithm: nothing, not CRC32",
    ],
    [
      "Get and Head of a part state its own checksum where the object's is composite",
      "CRC32 of Head: nothing, not 7NivdA==",
    ],
    [
      "Get of a part states no checksum where the object's is of all of it",
      "length of the part: 5243881, not 1001",
    ],
    [
      "a composite checksum wants one of each part when it is sent",
      "accepted, not InvalidRequest 400",
    ],
    ["a composite checksum wants one of each part at Complete", "accepted, not InvalidRequest 400"],
    [
      "Complete with a right composite checksum succeeds and states it",
      "CRC32: nothing, not akrDOg==-2",
    ],
    [
      "Complete with another type of checksum than Create's is InvalidRequest",
      "accepted, not InvalidRequest 400",
    ],
    ["Complete with another SHA256 of a part is InvalidPart", "accepted, not InvalidPart 400"],
    [
      "a copied part has the SHA256 of its range",
      "SHA256: nothing, not Q2N5dPYUlVJklnhRQvDFFkg+brGOH8EXa7CBOmn6Yzs=",
    ],
    [
      "CopyObject keeps the kind of checksum that its source has",
      "SHA256: nothing, not FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=",
    ],
    ["CopyObject computes the checksum that it is asked for", "of Copy: y/Q5Jg==, not 4waSgw=="],
    [
      "a source is not copied whose ETag is that of If-None-Match",
      "accepted, not PreconditionFailed 412",
    ],
    [
      "a source is not copied that was not changed since If-Modified-Since",
      "accepted, not PreconditionFailed 412",
    ],
    [
      "a source is not copied that was changed since If-Unmodified-Since",
      "accepted, not PreconditionFailed 412",
    ],
    [
      "a source is not copied by its ETag, whatever If-Modified-Since says",
      "accepted, not PreconditionFailed 412",
    ],
    [
      "a delete marker by its id is not a source: InvalidRequest",
      "NoSuchVersion 404, not InvalidRequest 400",
    ],
    ["a source without a key is InvalidArgument", "Error 500, not InvalidArgument 400"],
    [
      "an object is read of the ETag in If-Match, whatever If-Unmodified-Since says",
      "PreconditionFailed 412",
    ],
    ["an object is read by If-Match with the ETag without quotes", "Unknown 412"],
    ["metadata of 2 KB is kept, more is MetadataTooLarge", "accepted, not MetadataTooLarge 400"],
    ["the bytes of a key are counted, not its letters", "accepted, not KeyTooLongError 400"],
    ["a key that is too long is so to CreateMultipartUpload", "accepted, not KeyTooLongError 400"],
    ["DeleteObjects takes 1000 keys, more are MalformedXML", "accepted, not MalformedXML 400"],
    [
      "a part of an object that has fewer is InvalidPartNumber",
      "accepted, not InvalidPartNumber 416",
    ],
    ["a part and a range together are InvalidRequest", "accepted, not InvalidRequest 400"],
  ]),
  // Keys are paths of files here, and a delete marker is not quite the absence of an object.
  ...of("versitygw", [
    ["GetObjectAttributes has size, ETag without quotes, and checksum", "InvalidArgument 400"],
    ["a deleted object is NoSuchKey, and the answer tells of a delete marker", "another marker"],
    [
      "a deleted object is 404 to Head, with x-amz-delete-marker",
      "x-amz-delete-marker: nothing, not true",
    ],
    [
      "DeleteObjects removes a version for good, and says nothing when it is to be quiet",
      "deleted: 1, not 0",
    ],
    ["Put with If-None-Match * goes over a delete marker", "PreconditionFailed 412"],
    ["Put with If-Match over a delete marker is NoSuchKey", "accepted, not NoSuchKey 404"],
    [
      "a stream of the SDK, its checksum in the trailer, is stored without its chunks",
      "content encoding: aws-chunked, not nothing",
    ],
    ["Complete may be repeated and answers the same", "version is another"],
    ["Complete with If-None-Match * goes over a delete marker", "PreconditionFailed 412"],
    ["GetObjectAttributes states the full CRC32 and the number of parts", "InvalidArgument 400"],
    ["uploads are listed in pages, each once, by key", "InvalidArgument 400"],
    [
      "the CRC32 of a copied range is the range's, of a source that has one of its own",
      "CRC32: gzSJGQ==, not fNnftA==",
    ],
    ["a copied range without both ends is InvalidArgument", "accepted, not InvalidArgument 400"],
    [
      "a range of a source of 5 MB is InvalidRequest, the whole of it is not",
      "accepted, not InvalidRequest 400",
    ],
    [
      "a source that is not there is NoSuchKey, also one that was deleted",
      "NoSuchVersion 404, not NoSuchKey 404",
    ],
    [
      'the key "a//b" is put, read, listed, copied and deleted as it is',
      'listed: ["a/b"], not ["a//b"]',
    ],
    [
      'the key "folder/" is put, read, listed, copied and deleted as it is',
      "DirectoryObjectContainsData 400",
    ],
    ["keys that look alike are not the same", "ObjectParentIsFile 409"],
    ["a key has 1024 bytes at most", "accepted, not KeyTooLongError 400"],
    ["a listing is in the order of UTF-8", "ExistingObjectIsDirectory 409"],
    ["a listing encodes keys, if asked", "EncodingType: , not url"],
    [
      "numbers of parts with checksums begin with 1 and leave no gap (FULL_OBJECT)",
      "accepted, not InvalidPartOrder 400",
    ],
    [
      "numbers of parts with checksums begin with 1 and leave no gap (COMPOSITE)",
      "accepted, not InvalidPartOrder 400",
    ],
    [
      "GetObjectAttributes states a composite CRC32 without the number of parts, and the parts'",
      "InvalidArgument 400",
    ],
    [
      "GetObjectAttributes does not list the parts where the checksum is of the full object",
      "InvalidArgument 400",
    ],
    ["GetObjectAttributes gives parts in pages", "InvalidArgument 400"],
    ["ListParts of an upload that asks for no checksum says none", "algorithm: null, not nothing"],
    [
      "Get and Head of a part state its own checksum where the object's is composite",
      "CRC32 of Head: nothing, not 7NivdA==",
    ],
    ["a source is found by a question mark that is encoded", "InvalidArgument 400"],
    [
      "a source is not copied whose ETag is that of If-None-Match",
      "Unknown 304, not PreconditionFailed 412",
    ],
    [
      "a source is not copied that was not changed since If-Modified-Since",
      "accepted, not PreconditionFailed 412",
    ],
    ["a source is copied that was not changed since If-Unmodified-Since", "PreconditionFailed 412"],
    [
      "a source is not copied by its ETag, whatever If-Modified-Since says",
      "Unknown 304, not PreconditionFailed 412",
    ],
    [
      "a delete marker by its id is not a source: InvalidRequest",
      "accepted, not InvalidRequest 400",
    ],
    ["the version before a delete marker is a source", "accepted, not NoSuchKey 404"],
    [
      "an object is not read again that was not changed since If-Modified-Since",
      "accepted, not 304",
    ],
    ["an object is read that was not changed since If-Unmodified-Since", "PreconditionFailed 412"],
    ["the bytes of a key are counted, not its letters", "ExistingObjectIsDirectory 409"],
    ["a key that is too long is so to CreateMultipartUpload", "accepted, not KeyTooLongError 400"],
    ["DeleteObjects takes 1000 keys, more are MalformedXML", "accepted, not MalformedXML 400"],
  ]),
];
