// Of every piece of text that is shown: its contrast against what is painted behind its middle, where that is too little
least => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", {willReadFrequently: true});
  const parse = said => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = said; canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = ([r, g, b, a], under) => [...[r, g, b].map((own, n) => own * a + under[n] * (1 - a)), 1];
  const linear = v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * linear(r / 255) + 0.7152 * linear(g / 255) + 0.0722 * linear(b / 255);
  const contrast = (a, b) => {
    const [low, high] = [light(a), light(b)].sort((p, q) => p - q);
    return (high + 0.05) / (low + 0.05);
  };
  const painted = other => {
    const style = getComputedStyle(other), shape = other instanceof SVGGeometryElement;
    const said = shape ? style.fill : style.backgroundColor;
    if (!said || said === "none" || said.startsWith("url")) return [0, 0, 0, 0];
    const colour = parse(said);
    if (shape) colour[3] *= style.fillOpacity * style.opacity;
    return colour;
  };
  const paper = matchMedia("screen and (prefers-color-scheme: dark)").matches ? [18, 18, 18, 1] : [255, 255, 255, 1];
  const told = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
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
    const found = contrast(over(parse(svg ? style.fill : style.color), ground), ground);
    if (found < least) told.push(`${found.toFixed(2)}: ${text.slice(0, 60)} on ${ground.map(Math.round)}`);
  }
  return told;
}
