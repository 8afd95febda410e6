import type { BrowserContext, Page } from 'playwright-core';

interface EditorRed {
  readonly nodes: { node(id: string): object; dirty(): boolean };
  readonly editor: { edit(node: object): void };
}

/** The editor of a Node-RED, with its nodes. */
export async function openEditor(context: BrowserContext, url: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(url);
  await page.waitForFunction(() => document.querySelectorAll('.red-ui-flow-node').length > 2);
  await page.waitForTimeout(1500);
  return page;
}

/** Opens the dialog of a node. */
export async function openDialog(page: Page, node: string): Promise<void> {
  await page.evaluate((id) => {
    const { RED } = window as unknown as { RED: EditorRed };
    RED.editor.edit(RED.nodes.node(id));
  }, node);
  await page.locator('.red-ui-tray').waitFor();
  await page.waitForTimeout(700); // the tray slides in
}

/** Types values into fields of a node's dialog, clicks Done, and then Deploy. */
export async function enter(page: Page, node: string, fields: Readonly<Record<string, string>>): Promise<void> {
  await openDialog(page, node);
  for (const [name, value] of Object.entries(fields)) {
    const field = page.locator(`#node-input-${name}`);
    if (await field.isVisible()) await field.fill(value);
    else await page.locator('.form-row', { has: field }).locator('.red-ui-typedInput-input').fill(value);
  }
  await page.locator('#node-dialog-ok').click();
  await page.locator('.red-ui-tray').waitFor({ state: 'detached' });
  await page.locator('#red-ui-header-button-deploy').click();
  await page.waitForFunction(() => !(window as unknown as { RED: EditorRed }).RED.nodes.dirty());
}
