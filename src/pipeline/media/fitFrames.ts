import type { VideoInfo } from './probe';

/**
 * Filters that scale frames to the size of the first ones. Those of another shape, from where the size changes, get bars.
 * `toPixels`: the other options of the scale filter, and the filters that choose the format.
 */
export function fitted(
  { width, height, pixelAspect }: VideoInfo,
  isStretched: boolean,
  toPixels: string,
): readonly string[] {
  if (isStretched) return [`scale=${width}:${height}:${toPixels}`];
  const shape = (width * pixelAspect.num) / pixelAspect.den / height;
  const wider = `dar/${shape}`;
  // A difference in shape of 2 % comes from sides that are rounded, or codecs that need multiples of 16.
  const [w, h] = [
    `if(lt(${wider},0.98),max(1,round(${width}*${wider})),${width})`,
    `if(gt(${wider},1.02),max(1,round(${height}/(${wider}))),${height})`,
  ];
  return [`scale='${w}':'${h}':${toPixels}`, `pad=${width}:${height}:(ow-iw)/2:(oh-ih)/2`];
}
