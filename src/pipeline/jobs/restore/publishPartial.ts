import { RemasterError } from '../../../errors';
import type { OutputFolder } from '../outputFolder';
import { partialName } from './truncation';

/** Under the first free name: an earlier partial result stays, unless the job may overwrite. */
export async function publishPartial(folder: OutputFolder, file: string): Promise<string> {
  for (let number = 1; ; number++) {
    try {
      return await folder.publish(file, partialName(folder.output, number));
    } catch (error) {
      if (!(error instanceof RemasterError) || error.code !== 'OUTPUT_EXISTS') throw error;
    }
  }
}
