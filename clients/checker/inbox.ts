import { Failure } from './expectation.ts';
import { waitFor } from './waiting.ts';

/** What has arrived on a stream and was not looked at yet. */
export class Inbox<T> {
  #arrived: T[] = [];
  #ended: string | undefined;
  #changed = () => {};

  /** Puts something in. */
  put(message: T): void {
    this.#arrived.push(message);
    this.#changed();
  }

  /** Nothing will arrive any more, for this reason. */
  end(reason: string): void {
    this.#ended ??= reason;
    this.#changed();
  }

  /** Takes out the first for which `fits`, and drops those before it; waits for it. */
  next(what: string, fits: (message: T) => boolean = () => true): Promise<T> {
    return waitFor(this.#take(what, fits), what);
  }

  /** Waits for the end. */
  ended(what: string): Promise<void> {
    return waitFor(this.#untilEnded(), what);
  }

  async #take(what: string, fits: (message: T) => boolean): Promise<T> {
    for (;;) {
      const index = this.#arrived.findIndex(fits);
      if (index >= 0) return this.#arrived.splice(0, index + 1)[index];
      if (this.#ended !== undefined) throw new Failure(`${this.#ended}, before ${what}`);
      await new Promise<void>((resolve) => (this.#changed = resolve));
    }
  }

  async #untilEnded(): Promise<void> {
    while (this.#ended === undefined) await new Promise<void>((resolve) => (this.#changed = resolve));
  }
}
