import js from "@eslint/js";
import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["node_modules/", "dist/", "build/", "docs/site/"] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // Bounds are asserted where an index could be wrong; elsewhere `!` says "checked just above".
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/restrict-template-expressions": [
        "error",
        { allowNumber: true, allowBoolean: true },
      ],
      "@typescript-eslint/no-unnecessary-condition": ["error", { allowConstantLoopConditions: "always" }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/no-extraneous-class": "off",
      "@typescript-eslint/unified-signatures": "off",
      // `parseId<TeamId>(text)`: the caller names the kind of id.
      "@typescript-eslint/no-unnecessary-type-parameters": "off",
      "@typescript-eslint/switch-exhaustiveness-check": [
        "error",
        { considerDefaultExhaustiveForUnions: true },
      ],
      "@typescript-eslint/no-unused-vars": [
        "error",
        { argsIgnorePattern: "^_", varsIgnorePattern: "^_", ignoreRestSiblings: true },
      ],
      "no-control-regex": "off",
    },
  },
  { files: ["eslint.config.js", "cross/site/assets/*.js"], ...tseslint.configs.disableTypeChecked },
  {
    files: ["cross/site/assets/*.js"],
    languageOptions: {
      sourceType: "script",
      globals: { document: "readonly", Element: "readonly", globalThis: "readonly", location: "readonly" },
      // What tseslint sets above; there is no project for what only a browser runs.
      parserOptions: { projectService: false },
    },
  },
);
