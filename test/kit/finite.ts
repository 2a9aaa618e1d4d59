/** An answer that ends: of an event stream what comes first, which a server sends at once; any other as it is. */
export async function finite(response: Response): Promise<Response> {
  if (!response.body || !response.headers.get("content-type")?.startsWith("text/event-stream")) return response;
  const reader = response.body.getReader();
  const { value } = await reader.read();
  await reader.cancel();
  return new Response(new Uint8Array(value ?? []), response);
}
