import type { Hex } from "./group.js";

/** JSON that is not as it must be: a place, and what is wrong there. */
export class Unreadable extends Error {
  constructor(
    readonly where: string,
    readonly wrong: string,
  ) {
    super(`${where} ${wrong}.`);
  }
}

/** Reads a JSON value of one shape; `where` is its place, for the message. Throws Unreadable. */
export type Read<T> = (value: unknown, where: string) => T;

/** Text. */
export const text: Read<string> = (value, where) => {
  if (typeof value !== "string") throw new Unreadable(where, "is no text");
  return value;
};

/** true or false. */
export const flag: Read<boolean> = (value, where) => {
  if (typeof value !== "boolean") throw new Unreadable(where, "is neither true nor false");
  return value;
};

/** A whole number, 0 … 2^53 − 1. */
export const natural: Read<number> = (value, where) => {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0 || Object.is(value, -0)) {
    throw new Unreadable(where, "is no whole number");
  }
  return value;
};

/** A number below 2^256 as decimal text, in its shortest form. */
export const digits: Read<bigint> = (value, where) => {
  if (typeof value !== "string" || !/^(0|[1-9][0-9]{0,77})$/.test(value)) throw new Unreadable(where, "is no decimal number");
  return BigInt(value);
};

/** 0x and lower-case digits of so many bytes; of any number of them when none is told. */
export function word(size?: number): Read<Hex> {
  const pattern = size === undefined ? /^0x(?:[0-9a-f]{2})*$/ : new RegExp(`^0x[0-9a-f]{${2 * size}}$`);
  return (value, where) => {
    if (typeof value !== "string" || !pattern.test(value)) {
      throw new Unreadable(where, size === undefined ? "is no hex" : `is not ${size} bytes in hex`);
    }
    return value as Hex;
  };
}

/** base64url without padding, in its only encoding: the bits left over are zero (RFC 4648, section 3.5). */
export const base64url: Read<Uint8Array> = (value, where) => {
  if (typeof value !== "string" || !/^[A-Za-z0-9_-]*$/.test(value)) throw new Unreadable(where, "is no base64url");
  const read = bytesOf(value);
  if (!read || textOf(read) !== value) throw new Unreadable(where, "is no base64url in its shortest form");
  return read;
};

function bytesOf(value: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(atob(value.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));
  } catch {
    return undefined;
  }
}

/** Bytes in base64url without padding. */
export function textOf(read: Uint8Array): string {
  const plain = btoa(Array.from(read, (byte) => String.fromCharCode(byte)).join(""));
  return plain.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** A list of values of one shape. */
export function list<T>(one: Read<T>): Read<T[]> {
  return (value, where) => {
    if (!Array.isArray(value)) throw new Unreadable(where, "is no list");
    return value.map((entry, at) => one(entry, `${where}[${at}]`));
  };
}

/** A list of exactly so many. */
export function exactly<T>(count: number, one: Read<T>): Read<T[]> {
  const each = list(one);
  return (value, where) => {
    const read = each(value, where);
    if (read.length !== count) throw new Unreadable(where, `has not ${count} entries`);
    return read;
  };
}

/** An object with exactly these keys. */
export function object<T extends Readonly<Record<string, Read<unknown>>>>(
  shape: T,
): Read<{ [K in keyof T]: ReturnType<T[K]> }> {
  const keys = Object.keys(shape);
  return (value, where) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Unreadable(where, "is no object");
    const given = Object.keys(value);
    if (given.length !== keys.length || !keys.every((key) => Object.hasOwn(value, key))) {
      throw new Unreadable(where, `has not the keys ${keys.join(", ")}`);
    }
    const entries = keys.map((key) => [key, shape[key]!((value as Record<string, unknown>)[key], `${where}.${key}`)]);
    return Object.fromEntries(entries) as { [K in keyof T]: ReturnType<T[K]> };
  };
}
