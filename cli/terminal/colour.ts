import { styleText } from "node:util";

type Style = Parameters<typeof styleText>[0];

/** Colour on a terminal only, and never where NO_COLOR is set (no-color.org). */
const isColoured = process.stdout.isTTY && !process.env["NO_COLOR"];

function style(format: Style): (text: string) => string {
  return (text) => (isColoured && text !== "" ? styleText(format, text) : text);
}

export const bold = style("bold");
export const dim = style("dim");
export const green = style("green");
export const red = style("red");
export const yellow = style("yellow");
