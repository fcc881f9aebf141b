// Renders each of a list of templates with nunjucks as Backstage sets it up; null where it fails.
const nunjucks = require("nunjucks");

const job = JSON.parse(require("fs").readFileSync(0, "utf8"));
const environment = new nunjucks.Environment(null, {
  autoescape: false,
  trimBlocks: job.trim,
  lstripBlocks: job.trim,
  tags: { variableStart: "${{", variableEnd: "}}" },
});
const results = job.templates.map((text) => {
  try {
    return environment.renderString(text, { values: job.values });
  } catch {
    return null;
  }
});
process.stdout.write(JSON.stringify(results));
