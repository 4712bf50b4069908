// Says in the page why nothing runs when Python, which is not part of the site, cannot be loaded.
const { src, dataset } = document.currentScript;
const address = new URL(dataset.python, src);
fetch(address).then(({ ok }) => ok, () => false).then((loaded) => {
  if (loaded) return;
  const { host } = address;
  const message = document.createElement("p");
  message.id = "no-python";
  message.setAttribute("role", "alert");
  message.textContent = `Python could not be loaded, so no cell of a lesson can run. Your browser gets it from ${host} when you first open a lesson: connect to the internet (a school's or a company's network has to allow ${host}), then reload this page.`;
  message.style.cssText = "position:fixed;inset:auto 0 0 0;z-index:100000;margin:0;padding:1em;background:#7a1f00;color:#fff;font:16px/1.4 sans-serif";
  document.body.append(message);
});
