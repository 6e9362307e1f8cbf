// What reaches beyond the screen, in words
() => {
  const wide = document.documentElement.clientWidth, reached = document.documentElement.scrollWidth, told = [];
  if (reached > wide) told.push(`the page is ${reached} wide`);
  for (const svg of document.querySelectorAll(".chart svg.marks, .atlas svg")) {
    const box = svg.getBoundingClientRect();
    if (box.width && (box.left < -1 || box.right > wide + 1))
      told.push(`a chart reaches from ${box.left} to ${box.right}`);
  }
  return told;
}
