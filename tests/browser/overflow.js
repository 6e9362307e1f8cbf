// Returns what reaches beyond the screen or into its neighbour, in words
() => {
  const wide = document.documentElement.clientWidth, reach = document.documentElement.scrollWidth, faults = [];
  if (reach > wide) faults.push(`the page is ${reach} wide`);
  for (const svg of document.querySelectorAll(".chart svg.marks, .atlas svg")) {
    const box = svg.getBoundingClientRect();
    if (box.width && (box.left < -1 || box.right > wide + 1))
      faults.push(`a chart reaches from ${box.left} to ${box.right}`);
  }
  const texts = [...document.querySelectorAll("#chart-heat .role-mark.mark-text text")].filter(text => text.textContent);
  const boxes = texts.map(text => [text.getBoundingClientRect(), text.textContent]);
  boxes.sort(([a], [b]) => Math.round(a.top - b.top) || a.left - b.left);
  for (let n = 1; n < boxes.length; n++) {
    const [[a, first], [b, second]] = boxes.slice(n - 1);
    if (Math.abs(a.top - b.top) < 3 && b.left < a.right) faults.push(`${first} runs into ${second}`);
  }
  return faults;
}
