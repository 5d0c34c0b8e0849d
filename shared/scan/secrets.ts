/** Formats that their issuers document, so that words and numbers are not taken for them. */
const secrets: readonly (readonly [RegExp, string])[] = [
  [/\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/, "an access key of AWS"],
  [/\bgh[pousr]_[A-Za-z0-9]{36,}\b/, "a token of GitHub"],
  [/\bgithub_pat_[A-Za-z0-9_]{22,}\b/, "a token of GitHub"],
  [/\bhf_[A-Za-z0-9]{30,}\b/, "a token of Hugging Face"],
  [/\bAIza[A-Za-z0-9_-]{35}\b/, "an API key of Google"],
  [/\bxox[abprs]-[A-Za-z0-9-]{10,}\b/, "a token of Slack"],
  [/\bsk-(?:proj-|ant-)?[A-Za-z0-9_-]{20,}\b/, "a secret API key"],
  [/-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----/, "a private key"],
  [/\beyJ[A-Za-z0-9_-]{10,200}\.eyJ[A-Za-z0-9_-]{10,1000}\.[A-Za-z0-9_-]{10}/, "a JSON web token"],
  [/\b[a-z][a-z0-9+.-]{0,15}:\/\/[^\s/:@]{1,100}:[^\s/@]{1,100}@/i, "an address with a password"],
  [
    /\bhttps?:\/\/(?:169\.254\.169\.254|169\.254\.170\.2|\[fd00:ec2::254\]|metadata\.google\.internal|100\.100\.100\.200)\b/i,
    "the address of a cloud's metadata service",
  ],
  [
    /\bhttps?:\/\/(?:localhost|127\.\d+\.\d+\.\d+|10\.\d+\.\d+\.\d+|192\.168\.\d+\.\d+|172\.(?:1[6-9]|2\d|3[01])\.\d+\.\d+|\[::1\])(?:[:/]|$)/i,
    "an address of an internal server",
  ],
];

/** What a setting looks like that should not be in a model; the text itself is not repeated. */
export function looksSecret(text: string): string | undefined {
  if (text.length < 16 || text.length > 100_000) return undefined;
  return secrets.find(([pattern]) => pattern.test(text))?.[1];
}
