// Feeds written traces to Mermaid's own parser: `node check.mjs FOLDER-OR-FILE...`
//
// It must take each file, and find in it what authloom means by it: the same participants, and each step with its ends, its arrow and its
// label to the letter. Exits with 1 where it does not, and where there was nothing to feed.

import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import DOMPurify from "dompurify";
import mermaid from "mermaid";

// Mermaid cleans a title of HTML for the page that shows it. Here is no page, and what is parsed is compared to the letter.
DOMPurify.addHook ??= () => {};
DOMPurify.sanitize ??= (text) => text;

const files = process.argv.slice(2).flatMap((path) =>
  statSync(path).isDirectory()
    ? readdirSync(path).filter((name) => name.endsWith(".mmd")).sort().map((name) => join(path, name))
    : [path],
);

// Diagram types are registered by the first parse.
await mermaid.parse("sequenceDiagram\n  A->>B: hello");

/** The lines of a trace's picture: participants and steps. */
function written(text) {
  const lines = text.split("\n").map((line) => line.trim()).filter((line) => line && !line.startsWith("%%"));
  return lines.slice(lines.indexOf("sequenceDiagram") + 1);
}

/** A text with the entities in which Mermaid keeps what would be its own. */
const plain = (text) => text.replace(/ﬂ°°(\d+)¶ß/g, "#$1;");

/** The same lines, told by Mermaid from what it understood. */
function understood(diagram) {
  const { LINETYPE } = diagram.db;
  const arrows = new Map([
    [LINETYPE.SOLID, "->>"],
    [LINETYPE.DOTTED, "-->>"],
    [LINETYPE.SOLID_CROSS, "-x"],
    [LINETYPE.DOTTED_CROSS, "--x"],
  ]);
  const actors = [...diagram.db.getActors().values()].map(
    (actor) => `${actor.type} ${actor.name} as ${actor.description}`,
  );
  const messages = diagram.db.getMessages().map(({ type, from, to, message }) => {
    if (type === LINETYPE.AUTONUMBER) return `autonumber ${message.start ?? ""}`.trim();
    if (type === LINETYPE.PAR_START) return `par ${message}`;
    if (type === LINETYPE.PAR_AND) return `and ${message ?? ""}`.trim();
    if (type === LINETYPE.PAR_END) return "end";
    if (type === LINETYPE.NOTE) return `Note over ${from === to ? from : `${from},${to}`}: ${message}`;
    return `${from}${arrows.get(type) ?? " ? "}${to}: ${message}`;
  });
  const title = diagram.db.getDiagramTitle();
  return [...(title ? [`title ${title}`] : []), ...actors, ...messages].map(plain);
}

let wrong = 0;
for (const file of files) {
  const text = readFileSync(file, "utf8");
  try {
    const told = understood(await mermaid.mermaidAPI.getDiagramFromText(text));
    const meant = written(text);
    const at = [...meant, ...told].findIndex((_, index) => meant[index] !== told[index]);
    if (at < 0) continue;
    console.error(`${file}: \`${meant[at]}\` is understood as \`${told[at]}\``);
  } catch (error) {
    console.error(`${file}: ${error.message}`);
  }
  wrong += 1;
}

if (files.length === 0) console.error("no traces to check");
else console.log(`${files.length - wrong} of ${files.length} traces are what Mermaid understands`);
process.exitCode = wrong > 0 || files.length === 0 ? 1 : 0;
