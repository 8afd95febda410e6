import { frameRate } from './frameRate';

/**
 * The time code of the frame that is shown `seconds` after the one of `code`, in `hh:mm:ss:ff` or, with dropped numbers,
 * `hh:mm:ss;ff` (SMPTE 12M). Null where the code is of another form.
 */
export function laterTimecode(code: string, seconds: number, framesPerSecond: number): string | null {
  const [, h, m, s, mark, f] = /^(\d\d):(\d\d):(\d\d)([:;.])(\d\d+)$/.exec(code) ?? [];
  if (mark === undefined) return null;
  const { num, den } = frameRate(framesPerSecond);
  const rate = Math.round(num / den);
  const dropped = mark === ':' ? 0 : Math.round(rate / 15); // numbers that every minute but the tenth leaves out
  const minutes = Number(h) * 60 + Number(m);
  const start = (minutes * 60 + Number(s)) * rate + Number(f) - dropped * (minutes - Math.floor(minutes / 10));
  const frame = start + Math.ceil((seconds * num) / den - 1e-6);
  return written(frame, rate, dropped, mark);
}

function written(frame: number, rate: number, dropped: number, mark: string): string {
  const perTen = 600 * rate - 9 * dropped;
  const [tens, rest] = [Math.floor(frame / perTen), frame % perTen];
  const minutes = rest < 60 * rate ? 0 : 1 + Math.floor((rest - 60 * rate) / (60 * rate - dropped));
  const number = frame + dropped * (9 * tens + minutes);
  const two = (value: number): string => String(value).padStart(2, '0');
  const second = Math.floor(number / rate);
  const [h, m, s] = [Math.floor(second / 3600) % 24, Math.floor(second / 60) % 60, second % 60];
  return `${[h, m, s].map(two).join(':')}${mark}${two(number % rate)}`;
}
