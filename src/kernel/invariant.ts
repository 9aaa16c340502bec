/** A programmer's error: something that the code promises never to happen did. Nobody's input causes it. */
export class InvariantViolated extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'InvariantViolated'
  }
}

/**
 * @param message what should have held, for whoever reads the log; never shown to a client
 * @throws InvariantViolated when the condition does not hold
 */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantViolated(message)
}
