/** Headings of the options in the help of the command line. */
export const MODEL = 'Model';
export const FACES = 'Faces (face models only)';
export const INPAINTING = 'Inpainting (inpaint models only)';
export const INPUT = 'Input';
export const OUTPUT = 'Output';
export const RESUME = 'Resume';
export const SPEED = 'Speed';
export const BATCH = 'Many files';
export const MACHINES = 'More machines';

/** In the order of the help. */
export const TOPICS = [MODEL, FACES, INPAINTING, INPUT, OUTPUT, RESUME, SPEED, BATCH, MACHINES] as const;
