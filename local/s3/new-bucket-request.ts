/** Creates a bucket by a request, as any client would. */
export async function newBucketRequest(url: string, bucket: string): Promise<void> {
  const headers = { Authorization: "none" };
  const answer = await fetch(`${url}/${bucket}`, { method: "PUT", headers });
  if (answer.ok) return;
  throw new Error(`The bucket ${bucket} cannot be created: ${await answer.text()}`);
}
