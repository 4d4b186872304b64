export default {
  preset: "node_middleware",
  serverDir: "./",
  buildDir: "node_modules/.cache/nitro",
  output: { dir: "node_modules/.cache/output" },
  sourcemap: false,
};
