// Gives the texts whose contrast with their background is below 4.5 : 1. Colours are painted to learn what they are in sRGB.
const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
const paint = (...colours) => {
  canvas.clearRect(0, 0, 1, 1);
  for (const colour of colours) { canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); }
  return canvas.getImageData(0, 0, 1, 1).data;
};
const behind = (node) => (node ? [...behind(node.parentElement), getComputedStyle(node).backgroundColor] : []);
const light = (data) => {
  const [r, g, b] = [...data].map((part) => part / 255).map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const faint = new Set();
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const node = walker.currentNode.parentElement;
  const words = walker.currentNode.textContent.trim();
  if (!words || words === "·" || !node.checkVisibility() || node.closest("script, noscript, .jump")) continue;
  const colours = behind(node);
  const [a, b] = [light(paint(...colours, getComputedStyle(node).color)), light(paint(...colours))];
  const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  if (contrast < 4.5) faint.add(`${contrast.toFixed(2)} ${node.tagName}.${node.className} ${words.slice(0, 20)}`);
}
return [...faint];
