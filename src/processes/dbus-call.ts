import { once } from 'node:events';
import { connect } from 'node:net';

/** A value with its signature (D-Bus Specification, "Type System"); the few types that are needed. */
export type DbusValue =
  | { readonly type: 's'; readonly value: string }
  | { readonly type: 'b'; readonly value: boolean }
  | { readonly type: 'au'; readonly value: readonly number[] }
  /** Properties: an array of structures, each a name and a variant. */
  | { readonly type: 'a(sv)'; readonly value: readonly (readonly [string, DbusValue])[] }
  /** An array of structures of which there are none. */
  | { readonly type: 'a(sa(sv))' };

export interface DbusCall {
  readonly destination: string;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  readonly parameters: readonly DbusValue[];
}

/** Values one after the other, each at a multiple of its size, in little-endian order (D-Bus Specification, "Marshaling"). */
class Marshaller {
  readonly #bytes: number[] = [];

  get bytes(): Buffer {
    return Buffer.from(this.#bytes);
  }

  align(size: number): void {
    while (this.#bytes.length % size !== 0) this.#bytes.push(0);
  }

  byte(value: number): void {
    this.#bytes.push(value);
  }

  number(value: number): void {
    this.align(4);
    this.#bytes.push(value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24);
  }

  text(value: string): void {
    const bytes = Buffer.from(value);
    this.number(bytes.length);
    this.#bytes.push(...bytes, 0);
  }

  signature(value: string): void {
    this.#bytes.push(value.length, ...Buffer.from(value), 0);
  }

  /** The length counts from the first element, after the padding before it. */
  array(elementAlignment: number, writeElements: () => void): void {
    this.number(0);
    const lengthAt = this.#bytes.length - 4;
    this.align(elementAlignment);
    const start = this.#bytes.length;
    writeElements();
    const length = Buffer.alloc(4);
    length.writeUInt32LE(this.#bytes.length - start);
    this.#bytes.splice(lengthAt, 4, ...length);
  }

  value(given: DbusValue): void {
    switch (given.type) {
      case 's':
        return this.text(given.value);
      case 'b':
        return this.number(given.value ? 1 : 0);
      case 'au':
        return this.array(4, () => given.value.forEach((item) => this.number(item)));
      case 'a(sv)':
        return this.array(8, () => {
          for (const [name, value] of given.value) {
            this.align(8);
            this.text(name);
            this.signature(value.type);
            this.value(value);
          }
        });
      case 'a(sa(sv))':
        return this.array(8, () => undefined);
    }
  }
}

/** The message of a call: its header, with a field for each thing that says whom it is for, and its parameters. */
export function marshalled({ parameters, ...call }: DbusCall): Buffer {
  const body = new Marshaller();
  for (const parameter of parameters) body.value(parameter);
  const header = new Marshaller();
  const [littleEndian, methodCall, noFlags, version, serial] = [0x6c, 1, 0, 1, 1];
  for (const byte of [littleEndian, methodCall, noFlags, version]) header.byte(byte);
  header.number(body.bytes.length);
  header.number(serial);
  const field = (code: number, type: 'o' | 's' | 'g', value: string): void => {
    header.align(8);
    header.byte(code);
    header.signature(type);
    if (type === 'g') header.signature(value);
    else header.text(value);
  };
  header.array(8, () => {
    field(1, 'o', call.path);
    field(2, 's', call.interface);
    field(3, 's', call.member);
    field(6, 's', call.destination);
    field(8, 'g', parameters.map(({ type }) => type).join(''));
  });
  header.align(8);
  return Buffer.concat([header.bytes, body.bytes]);
}

/**
 * Makes one call over a socket of its own. No program is started for it: that would hold up the event loop for as long as
 * the copying of our page tables takes.
 * @returns whether it was answered with a return, not with an error
 * @throws the system's error, and an AbortError
 */
export async function callByDbus(socketPath: string, call: DbusCall, signal: AbortSignal): Promise<boolean> {
  const socket = connect({ path: socketPath, signal });
  try {
    await once(socket, 'connect', { signal });
    const user = Buffer.from(String(process.getuid?.() ?? 0)).toString('hex');
    socket.write(`\0AUTH EXTERNAL ${user}\r\n`);
    let received = Buffer.alloc(0);
    let accepted = false;
    for await (const chunk of socket) {
      received = Buffer.concat([received, chunk as Buffer]);
      if (!accepted) {
        const end = received.indexOf('\r\n');
        if (end < 0) continue;
        if (!received.toString('latin1', 0, end).startsWith('OK ')) return false;
        received = received.subarray(end + 2);
        accepted = true;
        socket.write(Buffer.concat([Buffer.from('BEGIN\r\n'), marshalled(call)]));
      }
      for (let length = lengthOfMessage(received); length !== null; length = lengthOfMessage(received)) {
        const [, kind] = received;
        if (kind === methodReturn || kind === error) return kind === methodReturn;
        received = received.subarray(length);
      }
    }
    return false;
  } finally {
    socket.destroy();
  }
}

const methodReturn = 2;
const error = 3;

/** @returns null while it is not whole */
function lengthOfMessage(bytes: Buffer): number | null {
  if (bytes.length < 16) return null;
  const length = 16 + Math.ceil(bytes.readUInt32LE(12) / 8) * 8 + bytes.readUInt32LE(4);
  return bytes.length < length ? null : length;
}
