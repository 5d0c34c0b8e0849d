// Runs before the scripts of package.json, on whatever Node there is.
const [major] = process.versions.node.split(".").map(Number);
if (major < 24) {
  console.error(
    `This is Node ${process.versions.node}; the scripts here need the Node 24 of the devDependency "node", whose install script was not run. Run "npm ci" without --ignore-scripts, or use Node 24. (The packed cleave command runs on Node 20.15 and later.)`,
  );
  process.exit(1);
}
