/**
 * What a program of a test finds in its environment, with nothing else of ours: PATH, HOME, and where Node keeps what it
 * has compiled, without which each start compiles the server anew (half a second of a processor).
 */
export function bareEnvironment(): Record<string, string> {
  const { PATH = "", HOME = "", NODE_COMPILE_CACHE } = process.env;
  return { PATH, HOME, ...(NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE }) };
}
