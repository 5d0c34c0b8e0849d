import type { BatchReport, Failure } from "./report.ts";

const mostRows = 1000;

/** The report as a page: one file, nothing is fetched for it. */
export function reportPage(report: BatchReport): string {
  const { counts, failures, orphans, slowest, error } = report;
  const done = report.kind === "split" ? counts.split : counts.recombined;
  const verdict =
    failures.length === 0 && error === null
      ? `<p class="good">All went well.</p>`
      : `<p class="bad">${failures.length} of ${counts.items} failed.</p>`;
  const scope =
    report.prefix === "" ? report.modelsBucket : `${report.modelsBucket}/${report.prefix}`;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Cleave: ${report.startedAt.slice(0, 10)}</title>
<style>${style}</style>
<main>
<header>
<h1>${report.kind === "split" ? "Models split" : "Models recombined"}</h1>
<p class="sub">${text(scope)} · ${when(report)} · batch ${text(report.run)}${report.force ? " · forced" : ""}</p>
${verdict}
${error === null ? "" : `<p class="bad">The batch ended early: ${text(error)}</p>`}
</header>
<section class="tiles">
${tile(number(done), report.kind === "split" ? "split" : "recombined")}
${tile(number(counts.unchanged), "unchanged")}
${tile(number(counts.skipped), "skipped", "weights, shards and files of other programs")}
${counts.quarantined > 0 ? tile(number(counts.quarantined), "quarantined", "kept away by the policy", true) : ""}
${tile(number(failures.length - counts.quarantined), "failed", undefined, failures.length > counts.quarantined)}
${counts.gone > 0 ? tile(number(counts.gone), "gone", "deleted or overwritten meanwhile") : ""}
</section>
${report.kind === "split" ? sizes(report) : ""}
${failures.length === 0 ? "" : failureTable(failures)}
<h2>Slowest</h2>
${table(
  ["model", "seconds"],
  slowest.map(({ model, seconds }) => [code(model), seconds.toFixed(1)]),
)}
<h2>Requests and cost</h2>
${table(
  ["request", "number"],
  Object.entries(report.requests)
    .toSorted(([, a], [, b]) => b - a)
    .map(([kind, count]) => [text(kind), number(count)]),
)}
<p>About $${dollars(report.dollars.requests)} for requests and $${dollars(report.dollars.compute)} for functions, by prices as known in ${report.dollars.pricesAsOf} (us-east-1, arm64). ${bytes(report.bytes.copiedInS3)} were copied inside S3, ${bytes(report.bytes.throughFunctions)} went through functions.</p>
${orphans.length === 0 ? "" : orphanTable(orphans)}
</main>
</html>
`;
}

function sizes({ bytes: { models, weights, saved } }: BatchReport): string {
  if (models === 0) return "";
  const share = (weights / models) * 100;
  return `<h2>Size</h2>
<div class="bar" role="img" aria-label="weights are ${share.toFixed(0)} % of the models"><span style="width:${share.toFixed(2)}%"></span></div>
<p>${bytes(models)} of models hold ${bytes(weights)} of weights: whoever needs weights alone reads <b>${bytes(saved)}</b> less (${(100 - share).toFixed(0)} %).</p>`;
}

function failureTable(failures: readonly Failure[]): string {
  const rows = failures.slice(0, mostRows).map(({ model, code: reason, message, again }) => {
    const next = again ? "yes" : "no: upload a whole model, or force";
    return [code(model), `<b>${text(reason)}</b><br>${text(message)}`, next];
  });
  return `<h2>Failed</h2>
${table(["model", "why", "tried again"], rows)}
${more(failures.length)}`;
}

function orphanTable(orphans: BatchReport["orphans"]): string {
  const size = orphans.reduce((sum, orphan) => sum + orphan.size, 0);
  const rows = orphans
    .slice(0, mostRows)
    .map(({ folder, objects, size: own }) => [code(folder), number(objects), bytes(own)]);
  return `<h2>Artifacts of models that are gone</h2>
<p>${bytes(size)}. They are kept until somebody removes them.</p>
${table(["folder", "objects", "size"], rows)}
${more(orphans.length)}`;
}

function more(length: number): string {
  return length > mostRows ? `<p>and ${number(length - mostRows)} more, in report.json.</p>` : "";
}

function tile(value: string, name: string, title?: string, isBad = false): string {
  const hint = title === undefined ? "" : ` title="${text(title)}"`;
  return `<div class="tile${isBad ? " alarm" : ""}"${hint}><b>${value}</b><span>${name}</span></div>`;
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return "<p>None.</p>";
  const head = header.map((cell) => `<th>${cell}</th>`).join("");
  const body = rows.map((row) => `<tr>${row.map((cell) => `<td>${cell}</td>`).join("")}</tr>`);
  return `<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>
${body.join("\n")}
</tbody></table></div>`;
}

function when({ startedAt, endedAt }: BatchReport): string {
  const minutes = (Date.parse(endedAt) - Date.parse(startedAt)) / 60_000;
  const lasted = minutes < 1 ? `${Math.round(minutes * 60)} s` : `${minutes.toFixed(1)} min`;
  return `${startedAt.slice(0, 16).replace("T", " ")} UTC, ${lasted}`;
}

function number(value: number): string {
  return value.toLocaleString("en");
}

function dollars(value: number): string {
  return value < 0.01 ? value.toFixed(4) : value.toFixed(2);
}

function bytes(value: number): string {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  const power = value < 1000 ? 0 : Math.min(Math.floor(Math.log10(value) / 3), units.length - 1);
  const scaled = value / 1000 ** power;
  return `${power === 0 ? scaled : scaled.toPrecision(3)} ${units[power]}`;
}

function code(location: string): string {
  return `<code>${text(location)}</code>`;
}

/** Keys and messages are from files of strangers. */
function text(raw: string): string {
  const escapes: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  return raw.replaceAll(/[&<>"]/g, (character) => escapes[character]!);
}

const style = `
:root { color-scheme: light dark; --line: #8884; --accent: #2a78d6; --bad: #c62f3b; --good: #1e8a4c; }
@media (prefers-color-scheme: dark) { :root { --accent: #6aaef5; --bad: #ff7b84; --good: #5fd08f; } }
body { font: 15px/1.5 system-ui, sans-serif; margin: 0; }
main { max-width: 60rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.6rem; margin: 0; }
h2 { font-size: 1.1rem; margin: 2.2rem 0 .6rem; }
.sub { opacity: .75; margin: .2rem 0 .8rem; overflow-wrap: anywhere; }
.good { color: var(--good); font-weight: 600; } .bad { color: var(--bad); font-weight: 600; }
.tiles { display: flex; flex-wrap: wrap; gap: .75rem; margin-top: 1rem; }
.tile { border: 1px solid var(--line); border-radius: .6rem; padding: .7rem 1rem; min-width: 6.5rem; }
.tile b { display: block; font-size: 1.6rem; font-variant-numeric: tabular-nums; }
.tile span { opacity: .75; } .alarm b { color: var(--bad); }
.bar { height: .8rem; border-radius: .4rem; background: var(--line); overflow: hidden; }
.bar span { display: block; height: 100%; background: var(--accent); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th { text-align: left; font-weight: 600; opacity: .75; }
th, td { border-bottom: 1px solid var(--line); padding: .4rem .8rem .4rem 0; vertical-align: top; }
td:not(:first-child) { font-variant-numeric: tabular-nums; }
code { font: 13px ui-monospace, monospace; overflow-wrap: anywhere; }
`;
