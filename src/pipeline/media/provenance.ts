import { printable } from '../../errors';

/** What a file says about its origin: that a model has enhanced it. The same for every run of a job, so it has no date. */
export interface Provenance {
  /** The program that made it: `remaster 0.2.0`. */
  readonly tool: string;
  readonly model: { readonly name: string; readonly sha256: string };
  readonly task: 'upscale' | 'restore' | 'inpaint' | 'face';
}

const SOURCE_TYPES = 'http://cv.iptc.org/newscodes/digitalsourcetype/';

/**
 * IPTC's term for what was done: “modification or correction by algorithm without changing the narrative content”, or, for
 * what an inpainting model puts in, “modification using a model that was trained on samples, such as inpainting”.
 */
const digitalSourceType = ({ task }: Pick<Provenance, 'task'>): string =>
  SOURCE_TYPES + (task === 'inpaint' ? 'compositeWithTrainedAlgorithmicMedia' : 'algorithmicallyEnhanced');

/** The comment of the file, behind the one of its source; null where that leaves no room for it. */
export function comment({ tool, model }: Provenance, ofSource = ''): string | null {
  const own = `Enhanced by a model: ${tool}, ${printable(model.name)}, sha256 ${model.sha256}.`;
  if (Buffer.byteLength(ofSource) > LONGEST_COMMENT) return null;
  return ofSource === '' ? own : `${ofSource}\n${own}`;
}

/** Bytes; Linux has no argument of more than 128 KiB. */
const LONGEST_COMMENT = 65_536;

/** XMP (ISO 16684-1) with IPTC's Digital Source Type. */
export function xmp({ tool, task }: Pick<Provenance, 'tool' | 'task'>): string {
  const names = [
    'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"',
    'xmlns:xmp="http://ns.adobe.com/xap/1.0/"',
    'xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"',
  ];
  const description =
    `<rdf:Description rdf:about="" xmp:CreatorTool="${tool}" ` +
    `Iptc4xmpExt:DigitalSourceType="${digitalSourceType({ task })}"/>`;
  return `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF ${names.join(' ')}>${description}</rdf:RDF></x:xmpmeta>`;
}
