/** RFC 4648 §4, padded. */
export function toBase64(bytes: Uint8Array): string {
  let text = '';
  // Function calls take so many arguments and no more.
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}

/** The reverse. */
export function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/** 128 random bits, as text. */
export function randomKey(): string {
  return toBase64(crypto.getRandomValues(new Uint8Array(16)));
}
