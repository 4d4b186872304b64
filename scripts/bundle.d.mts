/** Writes the dashboard's page below a folder. */
export function writePage(folder: string): Promise<void>;
