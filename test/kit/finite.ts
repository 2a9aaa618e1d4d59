/** Whether what an answer tells of is still to come: it goes on until its reader has enough. */
export const isEventStream = ({ headers }: Response): boolean =>
  headers.get("content-type")?.startsWith("text/event-stream") === true;

/** An answer that ends: of an event stream what comes first, which a server sends at once; any other as it is. */
export async function finite(response: Response): Promise<Response> {
  if (!response.body || !isEventStream(response)) return response;
  const reader = response.body.getReader();
  const { value } = await reader.read();
  await reader.cancel();
  return new Response(new Uint8Array(value ?? []), response);
}
