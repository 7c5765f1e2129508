/** Where the focus goes when a row of a list goes away with what its button does. */

/** Gives the focus to the row that comes in the place of one that has gone. @param which of its buttons. */
export async function followedBy(
  button: HTMLElement,
  done: Promise<void>,
  which = '.icon-button:last-child',
): Promise<void> {
  const list = button.closest('ul');
  const at = [...(list?.children ?? [])].indexOf(button.closest('li') ?? button);
  await done;
  requestAnimationFrame(() => {
    if (document.activeElement !== document.body) return;
    const row = list?.children[Math.min(at, list.children.length - 1)];
    const next = row?.querySelector<HTMLElement>(which);
    (next?.isConnected === true ? next : document.getElementById('message'))?.focus();
  });
}
