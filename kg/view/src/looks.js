// Colours and shapes. A type has both, so that it can be told without colour.

// By type number: Model, Method, Dataset, Benchmark, Task, Metric, Paper.
export const SHAPES = ["dot", "diamond", "hexagon", "star", "triangle", "triangleDown", "square"];
const LIGHT = ["#3568d4", "#8b46c9", "#1f9254", "#b67a00", "#d93d52", "#0b8ba8", "#8a94a3"];
const DARK = ["#7aa5ff", "#c08bf5", "#4fcf8b", "#f0b93a", "#ff7d8c", "#4cc8e3", "#9aa5b5"];

export const THEMES = {
  light: { types: LIGHT, ground: "#fbfcfe", ink: "#1b2430", faint: "#56606e", halo: "rgba(251,252,254,.92)", line: "rgba(94,110,134,.30)", some: "rgba(70,84,105,.55)", least: "rgba(94,110,134,.12)", strong: "#1b2430", dim: 0.16, hull: [0.055, 0.22] },
  dark: { types: DARK, ground: "#10151d", ink: "#edf1f7", faint: "#a3aebd", halo: "rgba(16,21,29,.9)", line: "rgba(160,178,205,.26)", some: "rgba(180,195,218,.5)", least: "rgba(160,178,205,.10)", strong: "#edf1f7", dim: 0.16, hull: [0.08, 0.3] },
};

/** The hue of a community: neighbours in number lie far apart on the wheel. */
export const hue = (community) => Math.round((community * 137.508 + 205) % 360);

/** The path of a shape of radius `r` around (x, y), as vis-network draws it, for SVG. */
export function shapePath(shape, x, y, r) {
  const points = (count, turn, radius = () => r) =>
    Array.from({ length: count }, (_, i) => {
      const angle = turn + (i * 2 * Math.PI) / count;
      return [x + Math.cos(angle) * radius(i), y + Math.sin(angle) * radius(i)];
    });
  const closed = (list) => `M${list.map((p) => p.map((v) => v.toFixed(1)).join(" ")).join("L")}Z`;
  if (shape === "square") return closed([[x - r, y - r], [x + r, y - r], [x + r, y + r], [x - r, y + r]]);
  if (shape === "diamond") return closed(points(4, 0));
  if (shape === "hexagon") return closed(points(6, 0));
  if (shape === "triangle") return closed(points(3, -Math.PI / 2, () => r * 1.15));
  if (shape === "triangleDown") return closed(points(3, Math.PI / 2, () => r * 1.15));
  if (shape === "star") return closed(points(10, -Math.PI / 2, (i) => (i % 2 ? r * 0.55 : r * 1.3)));
  return `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0Z`;
}
