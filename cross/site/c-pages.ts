/**
 * The C header as pages, from what Doxygen makes of it. Doxygen's own pages bring half a megabyte of scripts, so its XML
 * is taken and shown in the site's look.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ERROR_CODES } from "../../src/base/codes.ts";
import { constant } from "../client-c/types.ts";
import { run } from "../process.ts";
import { code, escapeMarkdown, table } from "./html.ts";
import type { Source } from "./page.ts";
import { childOf, childrenOf, parseXml, textOf } from "./xml.ts";
import type { Element } from "./xml.ts";

const DOXYFILE = "src/client-c/Doxyfile";
const FUNCTIONS = "functions.md";
const TYPES = "types.md";
const CONSTANTS = "constants.md";

/** On top of the Doxyfile: the header alone, as XML. */
const SETTINGS = `
INPUT = src/client-c/include/aranya_edge.h
USE_MDFILE_AS_MAINPAGE =
GENERATE_HTML = NO
GENERATE_XML = YES
XML_PROGRAMLISTING = NO
XML_OUTPUT = xml
`;

/** What stands there without Doxygen. */
export function pageWithoutDoxygen(): Source {
  return {
    path: "docs/c/index.md",
    markdown: `# C header

**This copy of the site was built without Doxygen, so the pages of the header are missing.** The header is its own manual: every
function in \`src/client-c/include/aranya_edge.h\` says what it does, what it takes and what it may end with. To have the pages:

\`\`\`sh
sudo apt-get install doxygen
npm run docs
\`\`\`

Each call is described, with an example in C, under [API](../api/index.md).
`,
  };
}

export function cPages(root: string, build: string): Source[] {
  rmSync(build, { recursive: true, force: true });
  mkdirSync(build, { recursive: true });
  const doxyfile = join(build, "Doxyfile");
  const own = readFileSync(join(root, DOXYFILE), "utf8");
  writeFileSync(doxyfile, `${own}${SETTINGS}OUTPUT_DIRECTORY = ${build}\n`);
  run(["doxygen", doxyfile], { cwd: root });
  return new Header(join(build, "xml")).pages();
}

class Header {
  readonly #file: Element;
  readonly #structs: readonly Element[];
  /** What Doxygen calls it, and where it is here. */
  readonly #places = new Map<string, string>();

  constructor(directory: string) {
    const read = (file: string): Element => compound(join(directory, file));
    const files = readdirSync(directory).sort();
    this.#file = read("aranya__edge_8h.xml");
    this.#structs = files.filter((file) => file.startsWith("structaranya__edge")).map(read);
    for (const struct of this.#structs) {
      const place = `${TYPES}#${textOf(childOf(struct, "compoundname"))}`;
      this.#places.set(struct.attributes["id"]!, place);
      for (const member of membersOf(struct)) this.#places.set(member.attributes["id"]!, place);
    }
    for (const member of membersOf(this.#file)) {
      const place = `${pageOf(member)}#${textOf(childOf(member, "name")).toLowerCase()}`;
      this.#places.set(member.attributes["id"]!, place);
      for (const value of childrenOf(member, "enumvalue")) this.#places.set(value.attributes["id"]!, place);
    }
  }

  pages(): Source[] {
    return [this.#overview(), this.#functions(), this.#types(), this.#constants()];
  }

  #overview(): Source {
    const rows = this.#members("function").map((member) => {
      const name = textOf(childOf(member, "name"));
      return [`[${code(name)}](${FUNCTIONS}#${name})`, this.#inline(childOf(member, "briefdescription"))];
    });
    const markdown = `# C header

${this.#inline(childOf(this.#file, "briefdescription"))}

\`\`\`c
#include <aranya_edge.h>
\`\`\`

${this.#block(childOf(this.#file, "detaileddescription"))}

[Functions](${FUNCTIONS}), [types](${TYPES}), [constants](${CONSTANTS}). Begin with the [quickstart](../c-quickstart.md).

## All functions

${table(["Function", "What it does"], rows)}
`;
    return { path: "docs/c/index.md", markdown };
  }

  #functions(): Source {
    const sections = childrenOf(this.#file, "sectiondef")
      .sort((a, b) => lineOf(a) - lineOf(b))
      .map((section) => {
        const functions = childrenOf(section, "memberdef")
          .filter((member) => member.attributes["kind"] === "function")
          .sort((a, b) => lineOf(a) - lineOf(b));
        if (functions.length === 0) return "";
        const title = textOf(childOf(section, "header")).trim();
        const intro = this.#block(childOf(section, "description"));
        const texts = functions.map((member) => this.#function(member)).join("\n\n");
        return `## ${title === "" ? "Connection and version" : title}\n\n${intro === "" ? "" : `${intro}\n\n`}${texts}`;
      })
      .filter((text) => text !== "");
    return {
      path: `docs/c/${FUNCTIONS}`,
      markdown: `# C functions\n\nAll of them, in the order of the header.\n\n${sections.join("\n\n")}\n`,
    };
  }

  #function(member: Element): string {
    const name = textOf(childOf(member, "name"));
    return `### ${name}

\`\`\`c
${declaration(textOf(childOf(member, "definition")), textOf(childOf(member, "argsstring")))}
\`\`\`

${this.#description(member)}`;
  }

  #types(): Source {
    const structs = this.#structs.map((struct) => {
      const rows = membersOf(struct).map((member) => [
        code(
          `${spaced(textOf(childOf(member, "type")))} ${textOf(childOf(member, "name"))}${textOf(childOf(member, "argsstring"))}`,
        ),
        [
          this.#inline(childOf(member, "briefdescription")),
          this.#inline(childOf(member, "detaileddescription")),
        ]
          .join(" ")
          .trim(),
      ]);
      return `### ${textOf(childOf(struct, "compoundname"))}\n\n${this.#description(struct)}\n\n${table(["Member", "Meaning"], rows)}`;
    });
    const enums = this.#members("enum").map((member) => {
      const rows = childrenOf(member, "enumvalue").map((value) => [
        code(textOf(childOf(value, "name"))),
        textOf(childOf(value, "initializer")).replace(/^= /, ""),
        this.#inline(childOf(value, "briefdescription")),
      ]);
      return `### ${textOf(childOf(member, "name"))}\n\n${this.#description(member)}\n\n${table(["Name", "Number", "Meaning"], rows)}`;
    });
    const named = new Set([...structs, ...enums].map((text) => /^### (\S+)/.exec(text)![1]));
    const typedefs = this.#members("typedef")
      .filter((member) => !named.has(textOf(childOf(member, "name"))))
      .map((member) => {
        const args = textOf(childOf(member, "argsstring"));
        const definition = textOf(childOf(member, "definition"));
        // Some versions of Doxygen repeat the arguments there.
        const text = declaration(
          definition.endsWith(args) ? definition.slice(0, definition.length - args.length) : definition,
          args,
        );
        return `### ${textOf(childOf(member, "name"))}\n\n\`\`\`c\n${text}\n\`\`\`\n\n${this.#description(member)}`;
      });
    return {
      path: `docs/c/${TYPES}`,
      markdown: `# C types

## Handles and callbacks

${typedefs.join("\n\n")}

## Structs

${structs.join("\n\n")}

## Enumerations

${enums.join("\n\n")}
`,
    };
  }

  #constants(): Source {
    const sections = this.#members("define")
      .filter(
        (member) => childOf(member, "initializer") !== undefined && childOf(member, "param") === undefined,
      )
      .map((member) => {
        const name = textOf(childOf(member, "name"));
        const value = textOf(childOf(member, "initializer")).trim();
        return `## ${name}\n\n\`\`\`c\n#define ${name} ${value}\n\`\`\`\n\n${this.#description(member)}`;
      });
    return { path: `docs/c/${CONSTANTS}`, markdown: `# C constants\n\n${sections.join("\n\n")}\n` };
  }

  #members(kind: string): Element[] {
    return membersOf(this.#file)
      .filter((member) => member.attributes["kind"] === kind)
      .sort((a, b) => lineOf(a) - lineOf(b));
  }

  #description(element: Element): string {
    const brief = this.#inline(childOf(element, "briefdescription"));
    const more = this.#block(childOf(element, "detaileddescription"));
    return [brief, more].filter((text) => text !== "").join("\n\n");
  }

  /** Paragraphs and what is in them. */
  #block(element: Element | undefined): string {
    return childrenOf(element ?? { name: "", attributes: {}, children: [] }, "para")
      .map((para) => this.#para(para))
      .filter((text) => text !== "")
      .join("\n\n");
  }

  /** Lists, examples and returns are blocks between stretches of text. */
  #para(para: Element): string {
    const blocks: string[] = [];
    let text = "";
    const end = (): void => {
      if (text.trim() !== "") blocks.push(text.trim());
      text = "";
    };
    for (const child of para.children) {
      if (typeof child === "string") text += inText(child);
      else if (child.name === "parameterlist") {
        end();
        const rows = childrenOf(child, "parameteritem").map((item) => {
          const names = childrenOf(childOf(item, "parameternamelist")!, "parametername");
          const words = names.map(
            (name) => `${code(textOf(name))}${name.attributes["direction"] === "out" ? " (out)" : ""}`,
          );
          return [words.join(", "), this.#inline(childOf(item, "parameterdescription"))];
        });
        blocks.push(table(["Parameter", "Meaning"], rows));
      } else if (child.name === "simplesect") {
        end();
        const returns = child.attributes["kind"] === "return" ? "**Returns** " : "";
        blocks.push(`${returns}${this.#block(child)}`);
      } else if (child.name === "programlisting") {
        end();
        blocks.push(
          `\`\`\`c\n${childrenOf(child, "codeline")
            .map((line) => textOf(line))
            .join("\n")}\n\`\`\``,
        );
      } else text += this.#inlineOf(child);
    }
    end();
    return blocks.join("\n\n");
  }

  #inline(element: Element | undefined): string {
    const words = (element?.children ?? []).map((child) =>
      typeof child === "string" ? inText(child) : this.#inlineOf(child),
    );
    return words.join("").replace(/\s+/g, " ").trim();
  }

  #inlineOf(element: Element): string {
    switch (element.name) {
      case "para":
        return `${this.#inline(element)} `;
      case "computeroutput":
        return code(textOf(element));
      case "bold":
        return `**${this.#inline(element)}**`;
      case "ref": {
        const place = this.#places.get(element.attributes["refid"]!);
        const text = code(textOf(element));
        return place === undefined ? text : `[${text}](${place})`;
      }
      case "sp":
        return " ";
      default:
        throw new Error(`<${element.name}> of Doxygen has no form here yet`);
    }
  }
}

function compound(path: string): Element {
  return childOf(parseXml(readFileSync(path, "utf8")), "compounddef")!;
}

function membersOf(element: Element): Element[] {
  return childrenOf(element, "sectiondef").flatMap((section) => childrenOf(section, "memberdef"));
}

/** Of a member in the header; of a section that of its first. */
function lineOf(element: Element): number {
  const own = childOf(element, "location")?.attributes["line"];
  return own === undefined
    ? Math.min(Infinity, ...childrenOf(element, "memberdef").map(lineOf))
    : Number(own);
}

function pageOf(member: Element): string {
  const kind = member.attributes["kind"];
  return kind === "function" ? FUNCTIONS : kind === "define" ? CONSTANTS : TYPES;
}

const STATUSES = new Map(
  Object.keys(ERROR_CODES).map((name) => [`ARANYA_EDGE_${constant(name)}`, name.toLowerCase()]),
);

/** Statuses become links to what they mean. */
function inText(text: string): string {
  return text
    .replace(/\s+/g, " ")
    .split(/\b(ARANYA_EDGE_[A-Z_]+)\b/)
    .map((part, i) => {
      if (i % 2 === 0) return escapeMarkdown(part);
      const anchor = STATUSES.get(part);
      return anchor === undefined ? code(part) : `[${code(part)}](../reference/errors.md#${anchor})`;
    })
    .join("");
}

/** A parameter a line where they do not fit one. */
function declaration(definition: string, args: string): string {
  const whole = `${definition}${args};`;
  if (whole.length <= 78) return whole;
  return `${definition}(\n    ${args.slice(1, -1).split(", ").join(",\n    ")});`;
}

function spaced(type: string): string {
  return type.replace(/\s+\*/g, " *");
}
