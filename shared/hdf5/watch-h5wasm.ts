import fs from "node:fs";

export interface Watch {
  /** What libhdf5 has written to standard error since the last call. */
  takeDiagnostics(): string;
  /** Whether more memory was asked for than there may be. */
  readonly outOfMemory: boolean;
  stop(): void;
}

/**
 * Sets up, before h5wasm is loaded, what it does not do itself: errors are not swallowed, and
 * memory has an end. libhdf5 writes its error stack to file descriptor 2 (emscripten's NODERAWFS,
 * through `fs.writeSync`) and h5wasm goes on with whatever is in its buffers; a worker's
 * `resourceLimits` do not count the memory of WebAssembly.
 *
 * For a thread of its own: all of it is changed for whoever else writes or grows.
 *
 * @param memory bytes
 */
export function watchH5wasm(memory: number): Watch {
  const { writeSync } = fs;
  const consoleError = console.error;
  const { prototype } = (globalThis as unknown as WithWebAssembly).WebAssembly.Memory;
  const { grow } = prototype;
  let diagnostics = "";
  let outOfMemory = false;

  fs.writeSync = ((fd: number, data: Uint8Array, offset: number, length: number, at?: number) => {
    if (fd !== 2) return writeSync(fd, data, offset, length, at);
    diagnostics += Buffer.from(data.subarray(offset, offset + length)).toString("latin1");
    return length;
  }) as typeof fs.writeSync;
  // Emscripten's own remarks, on every attempt to grow that fails, also if a smaller one succeeds.
  console.error = () => undefined;
  prototype.grow = function limitedGrow(this: Memory, pages: number) {
    if (this.buffer.byteLength + pages * 65_536 > memory) {
      outOfMemory = true;
      throw new RangeError("no more memory");
    }
    return grow.call(this, pages);
  };

  return {
    takeDiagnostics: () => {
      const taken = diagnostics;
      diagnostics = "";
      return taken;
    },
    get outOfMemory() {
      return outOfMemory;
    },
    stop: () => {
      fs.writeSync = writeSync;
      console.error = consoleError;
      prototype.grow = grow;
    },
  };
}

/** What TypeScript knows of WebAssembly in browsers only. */
interface Memory {
  readonly buffer: ArrayBuffer;
  grow: (this: Memory, pages: number) => number;
}
interface WithWebAssembly {
  readonly WebAssembly: { readonly Memory: { readonly prototype: Memory } };
}
