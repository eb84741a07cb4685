// A solc command line on npm's soljson, for networks where py-solc-x cannot download the native compiler.
// Same version, same bytecode; speaks the three calls that Brownie and forge make:
//   solc --version
//   solc --standard-json [--base-path DIR] [--include-path DIR ...] [--allow-paths LIST]  < input.json > output.json
const fs = require("node:fs");
const path = require("node:path");
const solc = require("solc");

const [flags, folders] = readArguments(process.argv.slice(2));

if (flags.has("--version")) {
  process.stdout.write(`solc, the solidity compiler commandline interface\nVersion: ${solc.version()}\n`);
} else if (flags.has("--standard-json")) {
  process.stdout.write(solc.compile(fs.readFileSync(0, "utf8"), { import: readImport }) + "\n");
} else {
  process.stderr.write("This solc answers --version and --standard-json only.\n");
  process.exitCode = 2;
}

function readArguments(words) {
  const seen = new Set();
  const where = [];
  for (let at = 0; at < words.length; at += 1) {
    const [name, joined] = words[at].split(/=(.*)/s);
    if (name === "--base-path" || name === "--include-path") where.push(joined ?? words[(at += 1)]);
    else if (name === "--allow-paths") at += joined === undefined ? 1 : 0;
    else seen.add(name);
  }
  return [seen, where.length > 0 ? where : [process.cwd()]];
}

function readImport(name) {
  const candidates = path.isAbsolute(name) ? [name] : folders.map((folder) => path.join(folder, name));
  const found = candidates.find((candidate) => fs.existsSync(candidate));
  return found ? { contents: fs.readFileSync(found, "utf8") } : { error: `File not found: ${name}` };
}
