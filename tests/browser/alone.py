"""A widget's script on a page of its own, for tests: a model in the browser, no kernel."""

import base64

from anywidget import AnyWidget
from playwright.sync_api import Page

# Each widget gets a module of its own, as anywidget gives it. `models[i].sent` is what it sent to
# Python; `models[i].put(state)` is what Python sends. `models[i].answers = true` has each message
# answered at once, and `models[i].gone = true` is a page whose kernel was restarted.
OPEN = """async ([script, sent]) => {
  const bytes = (text) => new DataView(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
  const revived = (value) => {
    if (Array.isArray(value)) return value.map(revived);
    if (value === null || typeof value !== "object") return value;
    if ("base64" in value) return bytes(value.base64);
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, revived(one)]));
  };
  const state = revived(sent);
  const followers = {};
  const model = {
    get: (name) => state[name],
    set(name, value) {
      state[name] = value;
      (followers[`change:${name}`] ?? []).forEach((follower) => follower());
    },
    save_changes() {},
    send(content, callbacks, buffers = []) {
      if (control.gone) throw new Error("Cannot send");
      const points = buffers.flatMap((view) => [...new Float32Array(view.buffer)]);
      control.sent.push({ ...content, points, at: performance.now() });
      if (control.answers) setTimeout(() => model.set("answered", content.key));
    },
    on: (event, follower) => (followers[event] ??= []).push(follower),
    off(event, follower) { followers[event] = followers[event].filter((one) => one !== follower); },
  };
  const control = {
    state, sent: [], answers: false, gone: false,
    put(values) {
      for (const [name, value] of Object.entries(revived(values))) model.set(name, value);
    },
  };
  const address = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  const module = await import(address);
  const el = document.body.appendChild(document.createElement("div"));
  module.default.render({ model, el, signal: new AbortController().signal });
  (window.models ??= []).push(control);
}"""


def open_alone(page: Page, view: AnyWidget) -> None:
    """Shows a widget below those of the page, and ends what Python has of it."""
    page.add_style_tag(content=str(view._css))
    page.evaluate(OPEN, [str(view._esm), state_of(view)])
    view.close()


def state_of(view: AnyWidget) -> dict:
    """Returns what is sent to the browser, with its bytes as text."""
    return {name: for_page(value) for name, value in view.get_state().items() if name[0] != "_"}


def for_page(value: object) -> object:
    """Returns a value as the page takes it: its bytes as text."""
    if isinstance(value, bytes | memoryview):
        return {"base64": base64.b64encode(value).decode("ascii")}
    if isinstance(value, dict):
        return {name: for_page(each) for name, each in value.items()}
    return [for_page(each) for each in value] if isinstance(value, list) else value
