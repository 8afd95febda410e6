/** User and password, as Node-RED keeps them: apart from the flow. */
export interface Credentials {
  readonly username?: string;
  readonly password?: string;
}
