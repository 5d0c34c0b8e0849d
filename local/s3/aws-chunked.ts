import { S3Error } from "./s3-error.ts";

/**
 * Takes `aws-chunked` apart: chunks of `length[;chunk-signature=…]`, a line break, so many bytes
 * and a line break; an empty chunk; then trailers, a line each, and an empty line ("Signature
 * calculations for the authorization header: transferring payload in multiple chunks" in the API
 * Reference). Signatures are not checked.
 */
export class AwsChunkedDecoder {
  /** By name in lower case; complete once `isComplete`. */
  readonly trailers = new Map<string, string>();
  #state: "length" | "bytes" | "break" | "trailer" | "complete" = "length";
  #line = "";
  #rest = 0;

  get isComplete(): boolean {
    // The last empty line is left out by some clients where there are no trailers.
    return this.#state === "complete" || (this.#state === "trailer" && this.#line === "");
  }

  /** The bytes of the body that are in a piece of the encoded one. */
  *decode(encoded: Uint8Array): Generator<Uint8Array> {
    let at = 0;
    while (at < encoded.length) {
      if (this.#state === "bytes") {
        const end = Math.min(encoded.length, at + this.#rest);
        yield encoded.subarray(at, end);
        this.#rest -= end - at;
        at = end;
        if (this.#rest === 0) this.#state = "break";
        continue;
      }
      const newline = encoded.indexOf(0x0a, at);
      const end = newline === -1 ? encoded.length : newline + 1;
      this.#line += Buffer.from(encoded.subarray(at, end)).toString("latin1");
      at = end;
      if (this.#line.length > longestLine) throw malformedBody("a line is too long");
      if (newline === -1) continue;
      const line = this.#line.replace(/\r?\n$/, "");
      this.#line = "";
      this.#takeLine(line);
    }
  }

  #takeLine(line: string): void {
    if (this.#state === "length") {
      const length = /^([\da-fA-F]{1,12})(?:;.*)?$/.exec(line);
      if (length === null) throw malformedBody("a chunk does not begin with its length");
      this.#rest = Number.parseInt(length[1]!, 16);
      this.#state = this.#rest === 0 ? "trailer" : "bytes";
    } else if (this.#state === "break") {
      if (line !== "") throw malformedBody("a chunk is longer than its length");
      this.#state = "length";
    } else if (this.#state === "trailer") {
      if (line === "") this.#state = "complete";
      else this.#takeTrailer(line);
    } else {
      throw malformedBody("something follows its end");
    }
  }

  #takeTrailer(line: string): void {
    const colon = line.indexOf(":");
    if (colon === -1) throw malformedTrailer();
    this.trailers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
}

const longestLine = 8192;

export function malformedTrailer(): S3Error {
  return new S3Error(
    "MalformedTrailerError",
    "The request contained trailing data that was not well-formed or did not conform to our " +
      "published schema.",
  );
}

function malformedBody(what: string): S3Error {
  return new S3Error("InvalidRequest", `The body is not aws-chunked: ${what}.`);
}
