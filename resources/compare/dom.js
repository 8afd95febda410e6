/** Creates an element. String children become text nodes, never markup. */
export function element(name, properties = {}, ...children) {
  const node = document.createElement(name);
  const { attributes = {}, ...rest } = properties;
  for (const [attribute, value] of Object.entries(attributes)) node.setAttribute(attribute, value);
  Object.assign(node, rest);
  node.append(...children);
  return node;
}

/** An SVG icon with one path; view box 24 by 24. */
export function icon(path) {
  const namespace = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(namespace, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  const pathElement = document.createElementNS(namespace, 'path');
  pathElement.setAttribute('d', path);
  svg.append(pathElement);
  return svg;
}
