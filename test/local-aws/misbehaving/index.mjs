/** A function that does what it is asked to, to see what comes of it. */
import { setTimeout as sleep } from "node:timers/promises";

const deeds = {
  tell: (_, context) => ({
    pid: process.pid,
    ...context,
    remaining: context.getRemainingTimeInMillis(),
    variables: Object.keys(process.env),
  }),
  say: ({ text }) => console.log(text),
  throw: ({ name, message }) => {
    throw Object.assign(new Error(message), { name });
  },
  throwText: ({ text }) => {
    throw text;
  },
  exit: ({ status }) => process.exit(status),
  wait: async ({ milliseconds }) => {
    await sleep(milliseconds);
    return process.pid;
  },
  answer: ({ bytes }) => "x".repeat(bytes - 2),
  fill: ({ megabytes }) => {
    const filled = Array.from({ length: megabytes }, () => Buffer.alloc(2 ** 20, 1));
    return filled.length;
  },
};

export async function handler(event, context) {
  return deeds[event.do](event, context);
}

export const text = "no function";
