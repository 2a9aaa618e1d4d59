import fc from "fast-check";

class Randoms extends fc.Arbitrary<fc.Random> {
  override generate(random: fc.Random): fc.Value<fc.Random> {
    return new fc.Value(random.clone(), undefined);
  }
  override canShrinkWithoutContext(_: unknown): _ is fc.Random {
    return false;
  }
  override shrink(): fc.Stream<fc.Value<fc.Random>> {
    return fc.Stream.nil();
  }
}

/** fast-check's generator of random numbers, from a seed: the same numbers for the same seed. */
export function randomOf(seed: number): fc.Random {
  const [random] = fc.sample(new Randoms(), { seed, numRuns: 1 });
  if (!random) throw new Error("fast-check gave no sample");
  return random;
}

/** One of a list; undefined of an empty one. */
export const oneOf = <T>(random: fc.Random, list: readonly T[]): T | undefined =>
  list.length === 0 ? undefined : list[random.nextInt(0, list.length - 1)];

/** True once in `n` times. */
export const oncePer = (random: fc.Random, n: number): boolean => random.nextInt(1, n) === 1;
