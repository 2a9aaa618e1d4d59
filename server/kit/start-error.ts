/** The server cannot start, and its operator can put that right: shown as a sentence that says how, without a stack. */
export class StartError extends Error {
  override readonly name = "StartError";
}
