// What Backstage's fetch:template and fetch:plain do, with the engine that they use: nunjucks.
// Reads {template, steps, parameters, source, target} from standard input and writes files.
const fs = require("fs");
const path = require("path");
const nunjucks = require("nunjucks");

const job = JSON.parse(fs.readFileSync(0, "utf8"));

function parseRepoUrl(text) {
  const url = new URL(`https://${text}`);
  const found = { host: url.host };
  for (const name of ["owner", "repo", "organization", "workspace", "project"]) {
    if (url.searchParams.has(name)) found[name] = url.searchParams.get(name);
  }
  return found;
}

function environment(input, compat) {
  const options = { autoescape: false, trimBlocks: !!input.trimBlocks, lstripBlocks: !!input.lstripBlocks };
  if (!compat) options.tags = { variableStart: "${{", variableEnd: "}}" };
  const made = new nunjucks.Environment(null, options);
  made.addFilter("parseRepoUrl", parseRepoUrl);
  made.addFilter("projectSlug", (text) => `${parseRepoUrl(text).owner}/${parseRepoUrl(text).repo}`);
  made.addFilter("pick", (value, key) => value[key]);
  if (compat) made.addFilter("jsonify", made.getFilter("dump"));
  return made;
}

const outer = environment({}, false);

function evaluate(value) {
  if (Array.isArray(value)) return value.map((item) => evaluate(item) ?? null);
  if (value !== null && typeof value === "object") {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, evaluate(item)]).filter(([, item]) => item !== undefined),
    );
  }
  if (typeof value !== "string") return value;
  const single = /^\s*\$\{\{((?:(?!\}\}).)+)\}\}\s*$/.exec(value);
  const text = outer.renderString(single ? `\${{ (${single[1]}) | dump }}` : value, { parameters: job.parameters });
  if (text === "") return undefined;
  return single ? JSON.parse(text) : text;
}

function* walk(folder) {
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) yield* walk(full);
    else yield full;
  }
}

for (const step of job.steps) {
  if (step.if !== undefined && !evaluate(step.if)) continue;
  const input = step.input;
  const source = path.join(job.source, input.url);
  const compat = !!input.cookiecutterCompat;
  const env = environment(input, compat);
  const context = { [compat ? "cookiecutter" : "values"]: evaluate(input.values ?? {}) };
  const copied = new Set(step.copied);
  const extension = input.templateFileExtension === true ? ".njk" : input.templateFileExtension;
  for (const file of walk(source)) {
    let name = path.relative(source, file);
    if (name === "template.yaml") continue;
    let rendersName = step.action === "fetch:template";
    let rendersContent = rendersName && !copied.has(name);
    if (input.copyWithoutRender && copied.has(name)) rendersName = false;
    if (extension) {
      rendersContent = name.endsWith(extension);
      if (rendersContent) name = name.slice(0, -extension.length);
    }
    if (rendersName) name = env.renderString(name, context);
    if (name.startsWith("/") || name.endsWith("/") || name.includes("//") || !name) continue;
    const target = path.join(job.target, input.targetPath ?? ".", name);
    fs.mkdirSync(path.dirname(target), { recursive: true });
    const bytes = fs.readFileSync(file);
    const content = rendersContent && !bytes.includes(0) ? env.renderString(bytes.toString("utf8"), context) : bytes;
    fs.writeFileSync(target, content, { mode: fs.statSync(file).mode });
  }
}
