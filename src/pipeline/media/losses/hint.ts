import type { Container } from '../../../settings/container';

/** A loss that a container with fewer limits avoids. */
export const hint = (container: Container): string => (container === 'mkv' ? '' : ' An .mkv output keeps it.');
