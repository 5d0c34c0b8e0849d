import { CleaveError, quote } from "../../errors.ts";

/** What an error of the SDK tells, whatever its class. */
export interface Failure {
  /** S3's code, or the name of the error. */
  readonly code: string;
  /** Undefined where no answer came. */
  readonly status: number | undefined;
  readonly message: string;
}

export function failureOf(error: unknown): Failure {
  const { name, Code, message, $metadata } = error as {
    name?: string;
    Code?: string;
    message?: string;
    $metadata?: { httpStatusCode?: number };
  };
  return {
    code: Code ?? name ?? "Error",
    status: $metadata?.httpStatusCode,
    message: message ?? String(error),
  };
}

const throttled = new Set([
  "SlowDown",
  "Throttling",
  "ThrottlingException",
  "RequestLimitExceeded",
]);
const dropped =
  /^(?:ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN)|TimeoutError|RequestTimeout|NetworkingError|socket hang up|aborted/;

/** Whether the same request may succeed later. */
export function isTransient(error: unknown): boolean {
  const { code, status, message } = failureOf(error);
  if (status !== undefined && status >= 500) return code !== "NotImplemented";
  if (status === 429 || throttled.has(code)) return true;
  const { code: systemCode } = error as NodeJS.ErrnoException;
  return dropped.test(systemCode ?? "") || dropped.test(code) || dropped.test(message);
}

/**
 * An error of the SDK as one of ours: what, where, what to do.
 *
 * @param doing "read", "write", "list" …
 */
export function explainFailure(error: unknown, doing: string, location: string): CleaveError {
  if (error instanceof CleaveError) return error;
  const failure = failureOf(error);
  const [code, text] = explain(failure, error, doing);
  return new CleaveError(code, `Cannot ${doing} ${quote(location, 1200)}: ${text}`, {
    cause: error,
  });
}

type Explanation = readonly [code: CleaveError["code"], text: string];

function explain({ code, status, message }: Failure, error: unknown, doing: string): Explanation {
  if (/^(?:CredentialsProviderError|TokenProviderError)$/.test(code)) {
    return [
      "ACCESS_DENIED",
      `no AWS credentials were found (${sentence(message)}). Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.`,
    ];
  }
  if (/kms/i.test(`${code} ${message}`) && (status === 403 || status === 400)) {
    return [
      "ACCESS_DENIED",
      `its KMS key refuses (${sentence(message)}). Reading needs kms:Decrypt on the key, writing kms:GenerateDataKey and kms:Decrypt as well.`,
    ];
  }
  if (code === "InvalidObjectState") return archived("an archive class");
  if (/^(?:ExpiredToken|InvalidAccessKeyId|SignatureDoesNotMatch|InvalidToken)$/.test(code)) {
    return ["ACCESS_DENIED", `the credentials are not accepted (${code}). Renew them.`];
  }
  if (code === "NoSuchBucket") {
    return ["NOT_FOUND", "there is no such bucket. Check its name."];
  }
  if (code === "NoSuchVersion") {
    return [
      "NOT_FOUND",
      "there is no such version. List them with: aws s3api list-object-versions.",
    ];
  }
  if (status === 301 || code === "PermanentRedirect" || code === "AuthorizationHeaderMalformed") {
    return ["IO", "the bucket is in another region. Set AWS_REGION to it."];
  }
  if (status === 403) {
    const rights =
      doing === "read"
        ? "s3:GetObject (with a version, s3:GetObjectVersion); without s3:ListBucket S3 says the same where there is no such object, so check the key too"
        : "s3:PutObject, and s3:AbortMultipartUpload to clean up";
    return ["ACCESS_DENIED", `access is denied. It needs ${rights}.`];
  }
  if (status === 404) return ["NOT_FOUND", "there is no such object. Check the key."];
  if (status === 412) {
    return [
      "SOURCE_CHANGED",
      "it was overwritten while it was read. Run the command again for the new one, or name a version with ?versionId=.",
    ];
  }
  if (isTransient(error)) {
    return [
      "STORE_UNAVAILABLE",
      `S3 did not serve it, also when asked again (${code}: ${sentence(message)}). Try again later.`,
    ];
  }
  return ["IO", `S3 refuses: ${code}${status ? ` (${status})` : ""}: ${sentence(message)}.`];
}

/** @param storageClass as S3 names it */
export function archived(storageClass: string): Explanation {
  return [
    "IO",
    `it is in ${storageClass}, from which it cannot be read at once. Restore it first: aws s3api restore-object.`,
  ];
}

function sentence(message: string): string {
  return quote(message.replace(/\.$/, ""), 300).slice(1, -1);
}
