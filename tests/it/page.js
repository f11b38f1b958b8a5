// Looks at the page as it stands and says what a reader would stumble over: a list of sentences, empty for a good page.
(() => {
  const faults = [];
  const of = (element) => `<${element.tagName.toLowerCase()}> ${(element.textContent || "").trim().slice(0, 40)}`;
  const all = (selector) => [...document.querySelectorAll(selector)];

  document.querySelectorAll("details").forEach((one) => (one.open = true));
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > width) {
    const wide = all("body *").find((one) => one.getBoundingClientRect().right > width + 1 && !one.closest(".wide, pre"));
    faults.push(`the page scrolls sideways: ${wide ? of(wide) : "?"}`);
  }

  // Headings, names, tables, identifiers.
  if (all("h1").length !== 1) faults.push("not one h1");
  let level = 0;
  for (const heading of all("h1, h2, h3, h4, h5, h6")) {
    const own = Number(heading.tagName[1]);
    if (own > level + 1) faults.push(`a heading is left out before ${of(heading)}`);
    level = own;
  }
  for (const svg of all("svg")) {
    const name = document.getElementById(svg.getAttribute("aria-labelledby"));
    if (svg.getAttribute("role") !== "img" || !name || !name.textContent.trim()) faults.push("a picture without a name");
  }
  for (const table of all("table")) {
    if (!table.querySelector("caption")) faults.push(`no caption: ${of(table)}`);
    for (const head of table.querySelectorAll("th")) if (!head.scope) faults.push(`no scope: ${of(head)}`);
  }
  for (const region of all("[role=region]")) if (!region.getAttribute("aria-label")) faults.push(`no name: ${of(region)}`);
  for (const box of all("body *")) {
    const scrolls = /auto|scroll/.test(getComputedStyle(box).overflowX) && box.scrollWidth > box.clientWidth;
    if (scrolls && box.tabIndex < 0) faults.push(`no key reaches what scrolls: ${of(box)}`);
  }
  const ids = all("[id]").map((one) => one.id);
  if (new Set(ids).size !== ids.length) faults.push("an id stands twice");
  if (!document.documentElement.lang) faults.push("no language");

  // Contrast, by WCAG 2.2: (lighter + 0.05) / (darker + 0.05) of relative luminances.
  const colour = (text) => {
    const numbers = text.match(/[\d.]+/g).map(Number);
    return { rgb: numbers.slice(0, 3), alpha: numbers.length > 3 ? numbers[3] : 1 };
  };
  const over = (top, ground) => top.rgb.map((value, place) => value * top.alpha + ground[place] * (1 - top.alpha));
  const light = (rgb) => {
    const [red, green, blue] = rgb.map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const ground = (element) => {
    const layers = [];
    for (let one = element; one; one = one.parentElement) layers.push(colour(getComputedStyle(one).backgroundColor));
    return layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255]);
  };
  // What was drawn below a text of a picture.
  const painted = (text, below) => {
    const own = text.getBoundingClientRect();
    const [x, y] = [own.left + own.width / 2, own.top + own.height / 2];
    for (const shape of text.ownerSVGElement.querySelectorAll("rect, path, circle, polygon")) {
      if (!(shape.compareDocumentPosition(text) & Node.DOCUMENT_POSITION_FOLLOWING)) continue;
      const box = shape.getBoundingClientRect();
      const style = getComputedStyle(shape);
      if (style.fill === "none" || x < box.left || x > box.right || y < box.top || y > box.bottom) continue;
      const fill = colour(style.fill);
      below = over({ rgb: fill.rgb, alpha: fill.alpha * style.fillOpacity * style.opacity }, below);
    }
    return below;
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let texts = 0;
  while (walker.nextNode()) {
    const parent = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || parent.closest("title, desc, style, .unseen, .skip")) continue;
    if (!parent.checkVisibility({ visibilityProperty: true })) continue;
    texts += 1;
    const style = getComputedStyle(parent);
    const drawn = parent.closest("svg text");
    let below = ground(drawn ? drawn.ownerSVGElement : parent);
    if (drawn) below = painted(drawn, below);
    const front = over(colour(drawn ? style.fill : style.color), below);
    const [dark, bright] = [light(front), light(below)].sort((left, right) => left - right);
    const ratio = (bright + 0.05) / (dark + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    if (ratio < (large ? 3 : 4.5)) faults.push(`contrast ${ratio.toFixed(2)}: ${of(parent)}`);
    if (size < 11.5) faults.push(`letters of ${size} px: ${of(parent)}`);
  }
  if (texts < 10) faults.push("hardly any text was looked at");
  return faults;
})()
