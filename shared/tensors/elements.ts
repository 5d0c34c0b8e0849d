/** How the elements of a tensor stand in bytes, little-endian. */
export interface Elements {
  /** Of one, in bytes. */
  readonly size: number;
  /** Exact; 64-bit integers beyond 2^53 are rounded. */
  read(view: DataView, at: number): number;
  /** Rounded to the nearest, as numpy does. */
  write(view: DataView, at: number, value: number): void;
}

/**
 * Elements of a dtype that numpy and Keras call by this name.
 *
 * @returns undefined where they are not single numbers: strings, complex, opaque bytes
 */
export function elementsOf(dtype: string): Elements | undefined {
  return table.get(dtype);
}

type Read = (view: DataView, at: number) => number;
type Write = (view: DataView, at: number, value: number) => void;

function elements(size: number, read: Read, write: Write): Elements {
  return { size, read, write };
}

const float64 = elements(
  8,
  (view, at) => view.getFloat64(at, true),
  (view, at, value) => view.setFloat64(at, value, true),
);
const float32 = elements(
  4,
  (view, at) => view.getFloat32(at, true),
  (view, at, value) => view.setFloat32(at, value, true),
);
const float16 = elements(
  2,
  (view, at) => fromFloat16(view.getUint16(at, true)),
  (view, at, value) => view.setUint16(at, toFloat16(value), true),
);
const bfloat16 = elements(
  2,
  (view, at) => fromBits(view.getUint16(at, true) << 16),
  (view, at, value) => view.setUint16(at, toBfloat16(value), true),
);
const int64 = elements(
  8,
  (view, at) => Number(view.getBigInt64(at, true)),
  (view, at, value) => view.setBigInt64(at, BigInt(Math.round(value)), true),
);
const uint64 = elements(
  8,
  (view, at) => Number(view.getBigUint64(at, true)),
  (view, at, value) => view.setBigUint64(at, BigInt(Math.round(value)), true),
);
const int32 = elements(
  4,
  (view, at) => view.getInt32(at, true),
  (view, at, value) => view.setInt32(at, value, true),
);
const uint32 = elements(
  4,
  (view, at) => view.getUint32(at, true),
  (view, at, value) => view.setUint32(at, value, true),
);
const int16 = elements(
  2,
  (view, at) => view.getInt16(at, true),
  (view, at, value) => view.setInt16(at, value, true),
);
const uint16 = elements(
  2,
  (view, at) => view.getUint16(at, true),
  (view, at, value) => view.setUint16(at, value, true),
);
const int8 = elements(
  1,
  (view, at) => view.getInt8(at),
  (view, at, value) => view.setInt8(at, value),
);
const uint8 = elements(
  1,
  (view, at) => view.getUint8(at),
  (view, at, value) => view.setUint8(at, value),
);

const table: ReadonlyMap<string, Elements> = new Map(
  Object.entries({
    float64,
    float32,
    float16,
    bfloat16,
    int64,
    uint64,
    int32,
    uint32,
    int16,
    uint16,
    int8,
    uint8,
    bool: uint8,
  }),
);

const float = new DataView(new ArrayBuffer(4));

function bitsOf(value: number): number {
  float.setFloat32(0, value);
  return float.getUint32(0);
}

function fromBits(bits: number): number {
  float.setUint32(0, bits >>> 0);
  return float.getFloat32(0);
}

/** The upper half of a float32, rounded to even. */
function toBfloat16(value: number): number {
  if (Number.isNaN(value)) return 0x7fc0;
  const bits = bitsOf(value);
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff;
}

/** Rounded to even; values beyond the largest become infinite. */
function toFloat16(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size >= 65520) return sign | 0x7c00;
  const exponent = Math.max(-14, Math.floor(Math.log2(size || 2 ** -14)));
  const scaled = size / 2 ** (exponent - 10);
  const whole = Math.floor(scaled);
  const rest = scaled - whole;
  const mantissa = whole + (rest > 0.5 || (rest === 0.5 && whole % 2 === 1) ? 1 : 0);
  // A mantissa of 2^11 carries into the exponent, a subnormal one lacks the implied bit.
  return sign | ((exponent + 14) * 1024 + mantissa);
}

function fromFloat16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 31;
  const mantissa = bits & 1023;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  if (exponent === 31) return mantissa === 0 ? sign * Infinity : Number.NaN;
  return sign * (1024 + mantissa) * 2 ** (exponent - 25);
}
