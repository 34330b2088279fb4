"""Whether a widget can be read and used: contrast, names of controls, nothing cut off."""

from playwright.sync_api import Page, expect

WITHOUT_NAME = "nodes => nodes.filter(node => !node.control).map(node => node.textContent)"
CONTRAST = """root => {
  // A mixed color is written as color(srgb 0.1 0.2 0.3), another as rgb(25, 51, 76).
  const numbers = (color) => color.match(/[\\d.]+/g).map((number, place) =>
    Number(number) * (color.startsWith("color(") && place < 3 ? 255 : 1));
  const light = (color) => numbers(color).slice(0, 3)
    .map((part) => part / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, place) => sum + part * [0.2126, 0.7152, 0.0722][place], 0);
  const behind = (node) => {
    const color = getComputedStyle(node).backgroundColor;
    return (numbers(color)[3] ?? 1) === 1 ? color : behind(node.parentElement);
  };
  const seen = [...root.querySelectorAll("*")].filter((node) =>
    [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim()) &&
    node.checkVisibility({ visibilityProperty: true }) && !node.disabled &&
    !node.matches(".mnistlab-live, .mnistlab-pad-words"));
  return seen.map((node) => {
    const [one, other] = [getComputedStyle(node).color, behind(node)].map(light);
    return [(Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05), node.className];
  });
}"""

INSIDE = """node => [...node.querySelectorAll("*")].filter((one) =>
  one.getBoundingClientRect().right > node.getBoundingClientRect().right + 1).length"""
"""How many parts reach out of their widget on the right."""


def choose_theme(page: Page, theme: str) -> None:
    """Chooses a theme of JupyterLab by its menu, and waits until it is there."""
    page.locator(".lm-MenuBar-itemLabel").get_by_text("Settings", exact=True).click()
    page.locator(".lm-Menu-itemLabel").get_by_text("Theme", exact=True).hover()
    page.locator(".lm-Menu-itemLabel").get_by_text(theme, exact=True).click()
    light = str(theme.endswith("Light")).lower()
    expect(page.locator("body")).to_have_attribute("data-jp-theme-light", light)
    page.wait_for_load_state("networkidle")
