import { button, make } from "../dom.js";
import type { Words } from "../words.js";
import { discover, type Wallet } from "./discovery.js";

const PATIENCE = 600; // ms to wait for wallets before saying that there is none

/** Let a person choose among the wallets of this browser. Undefined when they close the dialog. */
export function chooseWallet(words: Words): Promise<Wallet | undefined> {
  return new Promise((resolve) => {
    let chosen: Wallet | undefined;
    const state = make("p", "govuk-body", words("looking"));
    state.setAttribute("role", "status");
    const list = make("ul", "m-wallets");
    const heading = make("h2", "govuk-heading-m", words("choose"));
    heading.id = "wallet-heading";
    const close = button(words("close"), "govuk-button govuk-button--secondary govuk-!-margin-bottom-0", () => dialog.close());
    const dialog = make("dialog", "m-dialog", heading, state, list, close);
    dialog.setAttribute("aria-labelledby", heading.id);
    dialog.addEventListener("close", () => {
      stop();
      dialog.remove();
      resolve(chosen);
    });
    document.body.append(dialog);
    dialog.showModal();
    const stop = discover((wallet) => {
      state.textContent = "";
      list.append(choice(wallet, words, () => {
        chosen = wallet;
        dialog.close();
      }));
    });
    setTimeout(() => {
      if (!list.childElementCount) state.textContent = words("none");
    }, PATIENCE);
  });
}

function choice(wallet: Wallet, words: Words, choose: () => void): HTMLLIElement {
  const element = button("", "m-wallets__choice", choose);
  if (wallet.icon) {
    const icon = make("img", "m-wallets__icon");
    icon.src = wallet.icon;
    icon.alt = "";
    element.append(icon);
  }
  element.append(make("bdi", "", wallet.name || words("unnamed")));
  return make("li", "", element);
}
