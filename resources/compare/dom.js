/** An element with properties and children; texts become text, never markup. */
export function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  const { attributes = {}, ...rest } = properties;
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  Object.assign(made, rest);
  made.append(...children);
  return made;
}

/** An icon of one path, drawn on 24 by 24. */
export function icon(path) {
  const space = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(space, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  const line = document.createElementNS(space, 'path');
  line.setAttribute('d', path);
  svg.append(line);
  return svg;
}
