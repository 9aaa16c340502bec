/** Why a process does not start, in a sentence for the person who starts it: what is wrong, and what helps. */
export class CannotStart extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'CannotStart'
  }
}
