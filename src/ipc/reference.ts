import { COMMON_ERRORS } from "./method-definition.ts";
import { METHODS, methodDefinition } from "./methods.ts";
import type { AnyMethodName } from "./methods.ts";
import { describe } from "./schema.ts";

/** The public part of the method table as Markdown, one section a method. */
export function methodReference(): string {
  const sections = (Object.keys(METHODS) as AnyMethodName[])
    .filter((name) => methodDefinition(name).internal === undefined)
    .map(methodSection);
  return `Any call may end with ${COMMON_ERRORS.join(", ")}.\n\n${sections.join("\n")}`;
}

function methodSection(name: AnyMethodName): string {
  const { params, result, errors, permission, doc } = methodDefinition(name);
  const lines = [`## ${name}`, "", doc, ""];
  for (const [param, schema] of Object.entries(params)) lines.push(`- \`${param}\`: ${describe(schema)}`);
  lines.push(`- result: ${describe(result)}`, `- permission: ${permission}`);
  if (errors.length > 0) lines.push(`- errors: ${errors.join(", ")}`);
  return `${lines.join("\n")}\n`;
}
