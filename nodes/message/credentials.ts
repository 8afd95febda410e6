/** User name and password; Node-RED stores them outside the flow file. */
export interface Credentials {
  readonly username?: string;
  readonly password?: string;
}
