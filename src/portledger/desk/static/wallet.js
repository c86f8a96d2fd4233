// Asks a wallet in the browser (EIP-1193, found by EIP-6963 or as window.ethereum) to sign exactly what the page holds
// ready, and puts the signature into the page's form. It loads nothing and keeps nothing; the desk checks what comes.
"use strict";
(() => {
  const place = document.getElementById("wallet");
  if (!place) return;
  const { method, chain } = place.dataset;
  const allowed = JSON.parse(place.dataset.accounts);
  const payloads = JSON.parse(place.dataset.payloads);
  const form = document.getElementById("sign");
  const button = document.getElementById("wallet-do");
  const status = document.getElementById("wallet-said");
  const chooser = document.getElementById("wallet-which");
  const found = [];
  const REJECTED = 4001;

  const say = (what) => { status.textContent = what ? place.dataset[what] : ""; };

  window.addEventListener("eip6963:announceProvider", (event) => {
    const { info, provider } = event.detail ?? {};
    if (!info || !provider || found.some((one) => one.uuid === info.uuid)) return;
    found.push({ uuid: info.uuid, provider });
    const option = document.createElement("option");
    option.textContent = String(info.name).slice(0, 60);
    chooser.append(option);
    chooser.parentElement.hidden = found.length < 2;
  });
  window.dispatchEvent(new Event("eip6963:requestProvider"));

  const provider = () => (found.length ? found[chooser.selectedIndex].provider : window.ethereum);

  const hex = (text) => "0x" + Array.from(new TextEncoder().encode(text), (one) => one.toString(16).padStart(2, "0")).join("");

  const onChain = async (wallet) => Number(await wallet.request({ method: "eth_chainId" })) === Number(chain);

  // A wallet refuses typed data of another chain than the one that it is set to.
  const toChain = async (wallet) => {
    if (await onChain(wallet)) return true;
    try {
      await wallet.request({ method: "wallet_switchEthereumChain", params: [{ chainId: "0x" + Number(chain).toString(16) }] });
    } catch (refused) {
      if (refused?.code === REJECTED) throw refused;
      return false;
    }
    return onChain(wallet);
  };

  const signature = async (wallet) => {
    const given = await wallet.request({ method: "eth_requestAccounts" });
    const account = given.map((one) => String(one).toLowerCase()).find((one) => allowed.includes(one));
    if (!account) return say("account");
    const typed = method === "eth_signTypedData_v4";
    if (typed && !(await toChain(wallet))) return say("wrongChain");
    const payload = payloads[account] ?? payloads[""];
    const signed = await wallet.request({ method, params: typed ? [account, payload] : [hex(payload), account] });
    form.elements.signature.value = signed;
    if (form.elements.account) form.elements.account.value = account;
    return signed;
  };

  button.addEventListener("click", async () => {
    const wallet = provider();
    if (!wallet) return say("none");
    button.disabled = true;
    say("waiting");
    try {
      if (await signature(wallet)) return form.submit();
    } catch (refused) {
      say(refused?.code === REJECTED ? "rejected" : "failed");
    }
    button.disabled = false;
  });
  place.hidden = false;
})();
