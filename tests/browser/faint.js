// Returns the texts whose contrast against what is painted behind their middle is below the least
least => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", {willReadFrequently: true});
  const parse = colour => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = ([r, g, b, a], under) => [...[r, g, b].map((value, n) => value * a + under[n] * (1 - a)), 1];
  const linear = v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * linear(r / 255) + 0.7152 * linear(g / 255) + 0.0722 * linear(b / 255);
  const contrast = (a, b) => {
    const [low, high] = [light(a), light(b)].sort((p, q) => p - q);
    return (high + 0.05) / (low + 0.05);
  };
  const painted = other => {
    const style = getComputedStyle(other), shape = other instanceof SVGGeometryElement;
    const fill = shape ? style.fill : style.backgroundColor;
    if (!fill || fill === "none" || fill.startsWith("url")) return [0, 0, 0, 0];
    const colour = parse(fill);
    if (shape) colour[3] *= style.fillOpacity * style.opacity;
    return colour;
  };
  const paper = matchMedia("screen and (prefers-color-scheme: dark)").matches ? [18, 18, 18, 1] : [255, 255, 255, 1];
  const texts = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement, text = node.data.trim(), svg = element instanceof SVGElement;
    if (!text || /^(SCRIPT|STYLE|OPTION)$/.test(element.tagName)) continue;
    if (!element.checkVisibility({opacityProperty: true, visibilityProperty: true})) continue;
    const span = document.createRange();
    span.selectNodeContents(node);
    const box = span.getBoundingClientRect(), style = getComputedStyle(element);
    if (!box.width || !box.height) continue;
    const behind = document.elementsFromPoint(box.left + box.width / 2, box.top + box.height / 2)
      .filter(other => !(svg && other === element) && other.tagName !== "text" && other.tagName !== "tspan");
    const ground = behind.map(painted).reduceRight((under, colour) => over(colour, under), paper);
    const ratio = contrast(over(parse(svg ? style.fill : style.color), ground), ground);
    if (ratio < least) texts.push(`${ratio.toFixed(2)}: ${text.slice(0, 60)} on ${ground.map(Math.round)}`);
  }
  return texts;
}
