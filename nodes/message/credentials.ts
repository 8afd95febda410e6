/** User name and password; Node-RED stores them outside the flow file. */
export interface Credentials {
  readonly username?: string;
  readonly password?: string;
}

/** The same for `registerType`: without it Node-RED discards what the editor sends. */
export const CREDENTIALS = { username: { type: 'text' }, password: { type: 'password' } } as const;
